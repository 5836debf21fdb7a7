import { once } from "node:events";
import { Router } from "@koa/router";
import type Koa from "koa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Ocm } from "../../plugin/index.ts";
import { expectToFederate } from "./federates.test-helper.ts";
import { bodyParser, FOLDER, openSite, PERSON, type Site, type SiteOptions, stripping } from "./site.test-helper.ts";

let peer: Site;
let opened: Site[] = [];

beforeAll(async () => {
  peer = await openSite();
});
afterAll(() => peer.close());
afterEach(async () => {
  for (const site of opened) await site.close();
  opened = [];
});

async function open(options: SiteOptions): Promise<Site> {
  const site = await openSite(options);
  opened.push(site);
  return site;
}

/** The app's own routes, which answer whatever comes to them. */
function ownRoutes(app: Koa): void {
  const router = new Router();
  router.get("/", (ctx) => {
    ctx.body = "home";
  });
  router.get("/files/:name", (ctx) => {
    ctx.body = `file ${ctx.params.name}`;
  });
  router.post("/ocm/own", (ctx) => {
    ctx.body = "own";
  });
  app.use(router.routes()).use(router.allowedMethods());
}

function notStripping(path: string, ocm: Ocm) {
  const router = new Router();
  router.all(path, ocm.routes());
  return router.routes();
}

const cloud = {
  stripped: { pathFor: (path: string) => (path.startsWith("/cloud/") ? path.slice(6) : wellKnown(path)) },
  kept: { pathFor: (path: string) => (path.startsWith("/cloud/") ? path : wellKnown(path)) },
};
const wellKnown = (path: string) => (path.startsWith("/.well-known/") ? path : undefined);

const MOUNTINGS: Record<string, SiteOptions> = {
  "middleware() at the root": {},
  "middleware() behind the app's own routes and before them": {
    build(app, ocm) {
      ownRoutes(app);
      app.use(ocm.middleware());
      ownRoutes(app);
    },
  },
  "middleware() with another prefix": { ocm: { prefix: "/federation/v2" } },
  "middleware() before a body parser": {
    build: (app, ocm) => app.use(ocm.middleware()).use(bodyParser(false)),
  },
  "middleware() behind a body parser that keeps rawBody": {
    build: (app, ocm) => app.use(bodyParser(true)).use(ocm.middleware()),
  },
  "routes() below a mount that strips the prefix": {
    build: (app, ocm) => app.use(ocm.wellKnown()).use(stripping("/ocm", ocm.routes())),
  },
  "routes() below two mounts that strip another prefix": {
    ocm: { prefix: "/federation/v2" },
    build: (app, ocm) => app.use(ocm.wellKnown()).use(stripping("/federation", stripping("/v2", ocm.routes()))),
  },
  "routes() below a router that strips nothing": {
    build: (app, ocm) => app.use(ocm.wellKnown()).use(notStripping("/ocm{/*rest}", ocm)),
  },
  "routes() at the root": { build: (app, ocm) => app.use(ocm.wellKnown()).use(ocm.routes()) },
  "middleware() behind a proxy that strips a public path": { ocm: { publicPath: "/cloud" }, proxy: cloud.stripped },
  "middleware() behind a proxy that strips no public path": { ocm: { publicPath: "/cloud" }, proxy: cloud.kept },
  "routes() below a stripping mount, behind a proxy that strips a public path": {
    ocm: { publicPath: "/cloud" },
    proxy: cloud.stripped,
    build: (app, ocm) => app.use(ocm.wellKnown()).use(stripping("/ocm", ocm.routes())),
  },
  "routes() below a mount that strips the public path, behind a proxy that does not": {
    ocm: { publicPath: "/cloud" },
    proxy: cloud.kept,
    build: (app, ocm) => app.use(ocm.wellKnown()).use(stripping("/cloud", ocm.routes())),
  },
  "middleware() behind a proxy that changes no path": { proxy: { pathFor: (path) => path } },
};

describe("A site federates with", () => {
  it.each(Object.entries(MOUNTINGS))("%s", async (_name, options) => {
    const site = await open(options);
    await expectToFederate(site, peer);
    expect(site.warnings).toEqual([]);
  });
});

describe("A body parser before the plugin that keeps nothing", () => {
  it("is named in one sentence, with the code body-consumed, whether somebody signs or not", async () => {
    const site = await open({ build: (app, ocm) => app.use(bodyParser(false)).use(ocm.middleware()) });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${site.origin}/ocm/shares`, { method: "POST", headers, body: '{"a":1}' });
    expect(answer.status).toBe(500);
    const { code, message, next } = (await answer.json()) as { code: string; message: string; next: string };
    expect([code, message.match(/[.!?](?:\s|$)/g)?.length]).toEqual(["body-consumed", 1]);
    expect(next).toMatch(/parser/);
    const shared = await peer.ocm.api.sent.create(PERSON, { path: FOLDER, shareWith: site.address });
    expect(shared.status).toBe("announcing");
    expect(shared.deliveries).toMatchObject([
      { lastError: { status: 500, message: expect.stringContaining(message) } },
    ]);
  });

  it("does not matter to what has no body, nor to bodies that it leaves alone", async () => {
    const site = await open({ build: (app, ocm) => app.use(bodyParser(false)).use(ocm.middleware()) });
    expect((await fetch(`${site.origin}/.well-known/ocm`)).status).toBe(200);
    expect((await fetch(`${site.origin}/ocm/api/v1/me`)).status).toBe(200);
  });
});

describe("A middleware before the plugin", () => {
  const json = { "content-type": "application/json" };
  const behind = (act: Koa.Middleware) =>
    open({
      build: (app, ocm) => app.use(act).use(ocm.middleware()),
    });

  it("that waits until the client has gone gets control back", async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<string>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const site = await behind(async (ctx, next) => {
      if (ctx.method !== "POST") return next();
      arrive();
      await once(ctx.res, "close");
      await next().finally(() => release("released"));
    });
    const gone = new AbortController();
    const { signal } = gone;
    const asked = fetch(`${site.origin}/ocm/shares`, { method: "POST", headers: json, body: '{"a":1}', signal });
    await arrived;
    gone.abort();
    await expect(asked).rejects.toThrow("aborted");
    expect(await released).toBe("released");
  });

  it("may have paused the request", async () => {
    const site = await behind((ctx, next) => {
      ctx.req.pause();
      return next();
    });
    const answer = await fetch(`${site.origin}/ocm/shares`, { method: "POST", headers: json, body: '{"a":1}' });
    expect(await answer.json()).toMatchObject({ code: "invalid-fields" });
  });

  it("that made text of the bytes is named, and nothing ends", async () => {
    const site = await behind((ctx, next) => {
      ctx.req.setEncoding("utf8");
      return next();
    });
    const answer = await fetch(`${site.origin}/ocm/shares`, { method: "POST", headers: json, body: '{"a":1}' });
    expect([answer.status, await answer.json()]).toMatchObject([500, { code: "body-consumed" }]);
  });
});

describe("Beside the plugin, the app", () => {
  const answersRest = (app: Koa) =>
    app.use((ctx) => {
      ctx.body = `the app has ${ctx.method} ${ctx.path}`;
    });
  const builds: Record<string, (app: Koa, ocm: Ocm) => void> = {
    "middleware()"(app, ocm) {
      app.use(ocm.middleware());
      answersRest(app);
    },
    "wellKnown() and a stripping mount"(app, ocm) {
      app.use(ocm.wellKnown()).use(stripping("/ocm", ocm.routes()));
      answersRest(app);
    },
    "wellKnown() and a router"(app, ocm) {
      app.use(ocm.wellKnown()).use(notStripping("/ocm{/*rest}", ocm));
      answersRest(app);
    },
  };

  it.each(Object.entries(builds))("answers every path that is not the plugin's, with %s", async (_name, build) => {
    const site = await open({ build });
    for (const path of [
      "/",
      "/ocm",
      "/ocmx",
      "/ocm/nothing",
      "/ocm/shares/nothing",
      "/shares",
      "/.well-known/other",
      "/dav/x",
    ]) {
      const answer = await fetch(site.origin + path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, `the app has GET ${path}`]);
    }
    const post = await fetch(`${site.origin}/ocm/own`, { method: "POST", body: "x" });
    expect(await post.text()).toBe("the app has POST /ocm/own");
  });

  it("has middlewares around it that add to every answer, and see what was answered", async () => {
    const seen: string[] = [];
    const failures: unknown[] = [];
    const site = await open({
      build(app, ocm) {
        app.on("error", (error) => failures.push(error));
        app.use(async (ctx, next) => {
          ctx.set("strict-transport-security", "max-age=1");
          await next();
          seen.push(`${ctx.method} ${ctx.path} ${ctx.status}`);
          ctx.set("x-too-late", "1");
        });
        app.use(ocm.middleware());
      },
    });
    const documents = ["/.well-known/ocm", "/.well-known/jwks.json", "/ocm/jwks.json"];
    for (const path of documents) {
      const answer = await fetch(site.origin + path);
      const { headers } = answer;
      expect([headers.get("strict-transport-security"), headers.get("x-content-type-options")]).toEqual([
        "max-age=1",
        "nosniff",
      ]);
      expect(await answer.json()).toBeTypeOf("object");
      const again = await fetch(site.origin + path, { headers: { "if-none-match": headers.get("etag") ?? "" } });
      expect([again.status, again.headers.get("strict-transport-security")]).toEqual([304, "max-age=1"]);
    }
    // The plugin looks at its own documents too, after the first request.
    expect(new Set(seen)).toEqual(new Set(documents.flatMap((path) => [`GET ${path} 200`, `GET ${path} 304`])));
    expect(failures).toEqual([]);
  });

  it("keeps its own routes below the plugin's prefix", async () => {
    const site = await open({
      build(app, ocm) {
        app.use(ocm.middleware());
        ownRoutes(app);
      },
    });
    expect(await (await fetch(`${site.origin}/ocm/own`, { method: "POST" })).text()).toBe("own");
    expect(await (await fetch(`${site.origin}/files/a%20b`)).text()).toBe("file a b");
  });

  it.each(Object.entries(builds))(
    "leaves HEAD and OPTIONS of the plugin's paths to it, with %s",
    async (_name, build) => {
      const site = await open({ build });
      const outcome = async (method: string, path: string) => {
        const answer = await fetch(site.origin + path, { method });
        return [answer.status, answer.headers.get("allow"), await answer.text()];
      };
      for (const path of [
        "/.well-known/ocm",
        "/.well-known/jwks.json",
        "/ocm/jwks.json",
        "/ocm/api/v1/me",
        "/ocm/api/openapi.json",
      ]) {
        const get = await fetch(site.origin + path);
        const length = String((await get.arrayBuffer()).byteLength);
        const head = await fetch(site.origin + path, { method: "HEAD" });
        expect([path, head.status, head.headers.get("content-length"), await head.text()]).toEqual([
          path,
          200,
          length,
          "",
        ]);
      }
      expect(await outcome("OPTIONS", "/.well-known/ocm")).toEqual([405, "GET, HEAD", ""]);
      expect((await outcome("OPTIONS", "/ocm/shares")).slice(0, 2)).toEqual([405, "POST"]);
      expect((await outcome("HEAD", "/ocm/shares")).slice(0, 2)).toEqual([405, "POST"]);
      expect((await outcome("DELETE", "/ocm/jwks.json")).slice(0, 2)).toEqual([405, "GET, HEAD"]);
      const dav = await fetch(`${site.origin}/ocm/dav/nothing`, { method: "OPTIONS" });
      expect([dav.status, dav.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("Bearer")]);
    },
  );
});
