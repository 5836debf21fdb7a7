import type Router from "@koa/router";
import type { Context } from "koa";
import { type HostEntry, HostFileError, type Ocm } from "../../plugin/index.ts";
import type { TestbedHost } from "./host.ts";
import { refuse } from "./refusal.ts";

const AREA = "/files";
const ROUTE = `${AREA}{/*path}`;

/**
 * A person's own files over plain HTTP, for people and tests: `GET` a file, or a folder as JSON; `PUT` a file, folders on the
 * way to it are made; `DELETE` either. The plugin is told what went away.
 */
export function fileRoutes(router: Router, host: TestbedHost, ocm: Ocm): void {
  const { files, session } = host;

  router.get(ROUTE, async (ctx) => {
    const user = await caller(ctx);
    const path = decodedPath(ctx.path);
    const entry = (await files.stat(user, path)) ?? refuse(404, "There is no such file or folder.");
    if (entry.type === "folder") {
      const items: HostEntry[] = [];
      for await (const children of files.list(user, path)) {
        items.push(...children);
      }
      ctx.body = { items };
      return;
    }
    ctx.set({
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(entry.name)}`,
      "Content-Security-Policy": "sandbox",
      "X-Content-Type-Options": "nosniff",
      ETag: `"${entry.etag}"`,
    });
    ctx.status = 200;
    ctx.length = entry.size;
    if (ctx.method === "GET") {
      const file = await files.open(user, path);
      ctx.body = file.read();
      await file.close();
      ctx.length = entry.size;
    }
  });

  router.put(ROUTE, async (ctx) => {
    const user = await caller(ctx);
    const path = decodedPath(ctx.path);
    await makeParents(user, path);
    const existed = (await files.stat(user, path)) !== undefined;
    ctx.body = await files.write(user, path, ctx.req);
    await ocm.api.fileChanged(user, path);
    ctx.status = existed ? 200 : 201;
  });

  router.delete(ROUTE, async (ctx) => {
    const user = await caller(ctx);
    const path = decodedPath(ctx.path);
    await files.remove(user, path);
    await ocm.api.fileRemoved(user, path);
    ctx.status = 204;
  });

  async function caller(ctx: Context): Promise<string> {
    const user =
      (await session.authenticate(ctx)) ??
      refuse(401, "Log in first.", { "WWW-Authenticate": 'Basic realm="testbed", charset="UTF-8"' });
    const forgery = ctx.method === "GET" || ctx.method === "HEAD" ? null : session.forgery(ctx);
    return forgery === null ? user.id : refuse(403, forgery);
  }

  async function makeParents(user: string, path: string): Promise<void> {
    const segments = path.split("/").slice(1, -1);
    for (let depth = 1; depth <= segments.length; depth += 1) {
      await files.mkdir(user, `/${segments.slice(0, depth).join("/")}`).catch((error) => {
        if (!(error instanceof HostFileError && error.failure === "exists")) {
          throw error;
        }
      });
    }
  }
}

/** The path in a person's tree that the address names. */
function decodedPath(address: string): string {
  const segments = address.slice(AREA.length).split("/");
  try {
    const names = segments.filter((segment) => segment !== "").map(decodeURIComponent);
    if (names.every((name) => !name.includes("/"))) {
      return `/${names.join("/")}`;
    }
  } catch {
    // Not valid percent-encoding: refused below.
  }
  return refuse(400, "This address names no file.");
}
