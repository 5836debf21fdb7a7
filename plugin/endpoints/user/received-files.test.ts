import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { ReceivedSharesApi } from "../../api.ts";
import { AT, AT_TEXT, ask, entry, routesOf } from "./user-api.test-helper.ts";

const SHARE = "/api/v1/shares/received/r1";
const context = { secondFactor: true, requestId: "request-1", signal: expect.any(AbortSignal) };

describe("entries of a received share", () => {
  it("are a folder with its children, by one call", async () => {
    const calls: unknown[] = [];
    const folder = { ...entry, name: "sub", path: "sub", type: "folder" as const, size: null, etag: null };
    const routes = routesOf({
      received: {
        open: async (...args) => {
          calls.push(args);
          return { entry: folder, children: [{ ...entry, etag: 'W/"x"' }], stale: null };
        },
      },
    });
    const reply = await ask(routes, "GET", `${SHARE}/entries/sub/`);
    expect(calls).toEqual([["alice", "r1", "sub", context]]);
    expect(reply.body).toEqual({
      entry: { ...folder, modifiedAt: AT_TEXT },
      children: [{ ...entry, modifiedAt: AT_TEXT, etag: 'W/"x"' }],
      stale: null,
    });
  });

  it("are a file without children, and the share itself at the empty path", async () => {
    const paths: string[] = [];
    const routes = routesOf({
      received: {
        open: async (_user, _id, path) => {
          paths.push(path);
          return { entry: { ...entry, path }, children: null, stale: null };
        },
      },
    });
    for (const end of ["", "/", "/a%20%3F%23%25/%C3%A9"]) await ask(routes, "GET", `${SHARE}/entries${end}`);
    expect(paths).toEqual(["", "", "a ?#%/é"]);
    const { body } = await ask(routes, "GET", `${SHARE}/entries`);
    expect(body).toEqual({ entry: { ...entry, path: "", etag: '"v1"', modifiedAt: AT_TEXT }, stale: null });
  });

  it("are said piece by piece where there are very many, and no piece is large", async () => {
    const count = 50_000;
    const children = Array.from({ length: count }, (_, index) => ({ ...entry, name: `"${index}`, path: `"${index}` }));
    const folder = { ...entry, path: "", type: "folder" as const };
    const routes = routesOf({ received: { open: async () => ({ entry: folder, children, stale: null }) } });
    const { body, headers } = await ask(routes, "GET", `${SHARE}/entries`);
    expect(headers).toMatchObject({ "content-type": "application/json; charset=utf-8" });
    if (!(body instanceof Readable)) throw new Error("It came whole.");
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece));
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(500_000);
    const said = JSON.parse(Buffer.concat(pieces).toString());
    const { body: few } = await ask(
      routesOf({ received: { open: async () => ({ entry: folder, children: children.slice(-3), stale: null }) } }),
      "GET",
      `${SHARE}/entries`,
    );
    expect({ ...said, children: said.children.slice(-3) }).toEqual(few);
    expect(said.children).toHaveLength(count);
  });

  it("say when they are only the last that is known, and why, and how much space the owner has", async () => {
    const reason = { code: "peer-timeout", message: "It has not answered.", at: AT, status: null };
    const share = { ...entry, path: "", quotaAvailable: 42 };
    const routes = routesOf({
      received: { open: async () => ({ entry: share, children: null, stale: { at: AT, reason } }) },
    });
    const { status, body } = await ask(routes, "GET", `${SHARE}/entries`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      entry: { quotaAvailable: 42 },
      stale: { at: AT_TEXT, reason: { ...reason, at: AT_TEXT } },
    });
  });
});

describe("a path in a received share", () => {
  it.each([
    ["NUL", "a%00b"],
    ["an empty segment", "a//b"],
    ["a slash within a name", "a%2Fb"],
    ["a slash within a name, small", "a%2fb"],
    ["more than 4096 characters", "a".repeat(4097)],
  ])("is refused for %s", async (_, path) => {
    const asked = ask(routesOf(), "GET", `${SHARE}/entries/${path}`);
    await expect(asked).rejects.toMatchObject({ code: "path-invalid", status: 400 });
  });

  it.each(["..", ".", "a/../b", "/a", "a//b", "a/", "a\0b", "\ud800"])("is refused in a move: %j", async (path) => {
    const asked = ask(routesOf(), "POST", `${SHARE}/moves`, { json: { from: path, to: path } });
    await expect(asked).rejects.toMatchObject({
      code: "invalid-fields",
      validationErrors: [{ name: "from" }, { name: "to" }],
    });
  });
});

describe("changes in a received share", () => {
  it.each([
    ["POST", "folders/new/deep", undefined, "mkdir", ["new/deep"], 201],
    ["POST", "moves", { from: "a", to: "b/c" }, "move", ["a", "b/c"], 204],
    ["DELETE", "content/a/b", undefined, "remove", ["a/b"], 204],
  ] as const)("%s %s %j calls %s", async (method, path, json, name, args, status) => {
    const calls: unknown[] = [];
    const act = async (...given: unknown[]) => {
      calls.push(given);
    };
    const received = { [name]: act } as Partial<ReceivedSharesApi>;
    const reply = await ask(routesOf({ received }), method, `${SHARE}/${path}`, { json });
    expect(reply).toMatchObject({ status, body: null });
    expect(calls).toEqual([["alice", "r1", ...args, context]]);
  });

  it("never remove the share itself", async () => {
    const asked = ask(routesOf(), "DELETE", `${SHARE}/content//`);
    await expect(asked).rejects.toMatchObject({ code: "path-invalid" });
  });
});
