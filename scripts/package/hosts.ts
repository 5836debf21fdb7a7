/** The three interfaces of a host, as short as they can be. */
const HOST = `{
  users: { find: async (id) => ({ id, displayName: id }) },
  files: {},
  session: { authenticate: async () => undefined, forgery: () => null },
}`;

const LISTEN = `const server = http.createServer();
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const origin = "http://localhost:" + server.address().port;`;

const MOUNT = `const ocm = await createOcm({ origin, database: process.argv[2], host: ${HOST} });
  const app = new Koa();
  app.use(ocm.middleware());
  server.on("request", app.callback());`;

const ASK = `const answer = await fetch(origin + "/.well-known/ocm");
  const { id } = await ocm.api.invites.create("ann");
  const { items } = await ocm.api.invites.list("ann", { limit: 10 });
  console.log(JSON.stringify({ origin, status: answer.status, body: await answer.json(), kept: items.some((each) => each.id === id) }));
  await ocm.close();
  server.close();
  server.closeAllConnections();`;

const MAIN = `(async () => {
  ${LISTEN}
  ${MOUNT}
  ${ASK}
})();
`;

/**
 * Programs that mount the plugin in a Koa app, ask it for its discovery document, keep an invite, print what came of both and end.
 * The argument is a database.
 */
export const programs = {
  "host.mjs": `import http from "node:http";\nimport Koa from "koa";\nimport { createOcm } from "koa-ocm";\n${MAIN}`,
  "host.cjs": `const http = require("node:http");\nconst Koa = require("koa");\nconst { createOcm } = require("koa-ocm");\n${MAIN}`,
};

const TYPED = `
const options: OcmOptions = { origin: "http://localhost", database: "file::memory:", host: {} as OcmOptions["host"] };
export const mounted: Promise<Ocm> = createOcm(options);
export const refused = (error: unknown): string => (error instanceof OcmError ? error.code : "other");
`;

/** The same host as a module and as a CommonJS file in TypeScript, with the strictest look at our declarations. */
export const typedPrograms = {
  "typed.mts": `import { createOcm, type Ocm, OcmError, type OcmOptions } from "koa-ocm";\n${TYPED}`,
  "typed.cts": `import { createOcm, type Ocm, OcmError, type OcmOptions } from "koa-ocm";\n${TYPED}`,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      strict: true,
      target: "es2024",
      module: "nodenext",
      types: ["node"],
      noEmit: true,
      skipLibCheck: false,
    },
    files: ["typed.mts", "typed.cts"],
  }),
};
