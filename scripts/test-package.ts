/**
 * `npm run test:package`: packs the package and uses it as a stranger would, in projects of their own. Prints a line for each
 * check and exits with 1 if one fails.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { programs, typedPrograms } from "./package/hosts.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), "koa-ocm-package-")));
const FILES =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(js|cjs|d\.ts|d\.cts)|dist\/third-party-licenses\.txt)$/;
const KOA_VERSIONS = ["3.3.0", "2.13.4"];
let failures = 0;

try {
  const tarball = await check("it builds and packs", pack);
  if (tarball !== undefined) await checkTarball(tarball);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

interface Tarball {
  path: string;
  files: string[];
}

async function pack(): Promise<Tarball> {
  const output = await run(root, "npm", ["pack", "--json", "--pack-destination", folder]);
  const [packed]: { filename: string; files: { path: string }[] }[] = JSON.parse(output.slice(output.indexOf("[\n")));
  if (packed === undefined) throw new Error("npm pack made nothing");
  return { path: join(folder, packed.filename), files: packed.files.map((file) => file.path) };
}

async function checkTarball({ path, files }: Tarball): Promise<void> {
  await check("the tarball holds the plugin and nothing else", async () => {
    const strange = files.filter((file) => !FILES.test(file) || /\.test(-helper)?\./.test(file));
    if (strange.length > 0) throw new Error(`unexpected: ${strange.join(", ")}`);
  });
  await check("publint finds nothing", () => run(root, "publint", ["run", path, "--strict"]));
  await check("attw finds nothing wrong for import and require", () =>
    run(root, "attw", [path, "--entrypoints", ".", "--profile", "node16"]),
  );
  await check("attw finds nothing wrong for the store contract", () =>
    run(root, "attw", [path, "--entrypoints", "store-contract", "--profile", "esm-only"]),
  );
  for (const version of KOA_VERSIONS) await checkProject(version, path, join(folder, `koa-${version}`));
  await checkMongodb(join(folder, `koa-${KOA_VERSIONS[0]}`));
}

async function checkProject(koa: string, tarball: string, project: string): Promise<void> {
  mkdirSync(project);
  for (const [name, text] of Object.entries({ ...programs, ...typedPrograms }))
    writeFileSync(join(project, name), text);
  await check(`Koa ${koa}: it installs`, () =>
    run(project, "npm", ["install", "--no-audit", "--no-fund", tarball, `koa@${koa}`]),
  );
  await check(`Koa ${koa}: no MongoDB driver and no native code comes with it`, async () => {
    const names = readdirSync(join(project, "node_modules"), { recursive: true, encoding: "utf8" });
    const strange = names.filter((name) =>
      /\.node$|binding\.gyp$|(^|\/node_modules\/)(@mikro-orm\/)?mongodb$/.test(name),
    );
    if (strange.length > 0) throw new Error(`found ${strange.join(", ")}`);
  });
  await check(`Koa ${koa}: a module mounts it and works`, () => works(project, "host.mjs", "file::memory:"));
  await check(`Koa ${koa}: require() mounts it and works`, () => works(project, "host.cjs", "file:./ocm.sqlite"));
  await check(`Koa ${koa}: its command starts`, () => run(project, "node_modules/.bin/koa-ocm", ["--help"]));
  await check(`Koa ${koa}: strict TypeScript takes its declarations`, () => types(project));
  await check(`Koa ${koa}: one CommonJS file is enough`, () => alone(project));
}

/** The optional peer is a package of modules with a MikroORM of its own beside the one in the CommonJS file. */
async function checkMongodb(project: string): Promise<void> {
  const { MONGODB_URI } = process.env;
  if (MONGODB_URI === undefined) {
    console.log("skipped on MongoDB (give MONGODB_URI, or run: scripts/with-mongodb.sh npm run test:package)");
    return;
  }
  const database = new URL(`/ocm_package_${process.pid}`, MONGODB_URI).href;
  const { peerDependencies }: { peerDependencies: Record<string, string> } = createRequire(import.meta.url)(
    "../package.json",
  );
  const name = "@mikro-orm/mongodb";
  await check("MongoDB: its driver installs beside the package", () =>
    run(project, "npm", ["install", "--no-audit", "--no-fund", `${name}@${peerDependencies[name]}`]),
  );
  await check("MongoDB: a module works on it", () => works(project, "host.mjs", `${database}_esm`));
  await check("MongoDB: require() works on it", () => works(project, "host.cjs", `${database}_cjs`));
}

/** Starts a program of `package/hosts.ts` and looks at what it prints. */
async function works(project: string, program: string, database: string): Promise<void> {
  const output = await run(project, process.execPath, [program, database]);
  const line = output.split("\n").find((each) => each.startsWith('{"origin"')) ?? "null";
  const { origin, status, body, kept } = JSON.parse(line) ?? {};
  if (status !== 200 || kept !== true || body.enabled !== true || !body.endPoint.startsWith(origin))
    throw new Error(output);
}

/** Takes the types of Node from this checkout: whoever writes TypeScript for Node has them. */
async function types(project: string): Promise<void> {
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) {
    const link = join(project, "node_modules", name);
    if (!existsSync(link)) symlinkSync(join(root, "node_modules", name), link);
  }
  await run(project, process.execPath, [createRequire(import.meta.url).resolve("typescript/bin/tsc"), "-p", "."]);
}

/** The CommonJS file beside Koa, and no other package of ours. */
async function alone(project: string): Promise<void> {
  const bare = `${project}-alone`;
  cpSync(project, bare, { recursive: true, filter: (path) => !path.includes("/.bin/") });
  const file = join(bare, "koa-ocm.cjs");
  cpSync(join(bare, "node_modules/koa-ocm/dist/index.cjs"), file);
  for (const name of ["koa-ocm", "@mikro-orm", "@koa", "pino", "undici", "zod", "kysely"]) {
    rmSync(join(bare, "node_modules", name), { recursive: true, force: true });
  }
  writeFileSync(join(bare, "host.cjs"), programs["host.cjs"].replace('"koa-ocm"', '"./koa-ocm.cjs"'));
  await works(bare, "host.cjs", "file::memory:");
}

/** Prints what came of it, and gives the result where it is good. */
async function check<T>(name: string, body: () => Promise<T>): Promise<T | undefined> {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  try {
    const result = await body();
    console.log(`ok     ${name} (${seconds()} s)`);
    return result;
  } catch (error) {
    failures += 1;
    console.log(`failed ${name} (${seconds()} s)\n${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** What the program prints. @throws Error with all that it printed, if it fails or takes too long */
async function run(cwd: string, program: string, args: readonly string[]): Promise<string> {
  const bin = join(root, "node_modules/.bin");
  const env = { ...process.env, PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter) };
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env, timeout: 180_000, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "", message = "" } = error as { stdout?: string; stderr?: string; message?: string };
    throw new Error(`${message.split("\n")[0]}\n${stdout}${stderr}`.trimEnd());
  }
}
