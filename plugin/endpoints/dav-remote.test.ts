import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { basic } from "../access/passwords/passwords.test-helper.ts";
import { raw, type ShareServer } from "../access/share-server.test-helper.ts";
import { hrefs, responseOf, type World, worldWithAlice } from "./dav-remote.test-helper.ts";

let world: World;
let alice: ShareServer;

beforeEach(async () => {
  ({ world, alice } = await worldWithAlice());
});
afterEach(() => world.close());

const propfind = (path: string, depth?: string) => world.propfind(path, depth);

describe("the top of the tree of received shares", () => {
  it("lists the accepted shares by name, from the local catalogue alone", async () => {
    world.share(alice, { lastKnown: { size: null, modifiedAt: Date.UTC(2026, 0, 2), at: 0 } });
    world.share(alice, { name: "plan.txt", resourceType: "file", lastKnown: { size: 42, modifiedAt: null, at: 0 } });
    world.share(alice, { name: "Documents", owner: "carol@c.example" });
    world.share(alice, { name: "waiting", status: "pending" });
    world.share(alice, { name: "over", status: "ended" });
    world.share(alice, { name: "expired", expiresAt: 1 });
    world.share(alice, { name: "of somebody else", user: "zoe" });
    const { status, text, headers } = await propfind("/");
    expect(status).toBe(207);
    expect(headers).toMatchObject({ dav: "1, 2", "content-type": 'application/xml; charset="utf-8"' });
    expect(hrefs(text)).toEqual([
      "/ocm/dav/remote/",
      "/ocm/dav/remote/Documents/",
      "/ocm/dav/remote/Documents%20(carol%40c.example)/",
      "/ocm/dav/remote/plan.txt",
    ]);
    expect(responseOf(text, "/ocm/dav/remote/Documents/")).toContain(
      "<d:resourcetype><d:collection/></d:resourcetype><d:displayname>Documents</d:displayname>" +
        "<d:getlastmodified>Fri, 02 Jan 2026 00:00:00 GMT</d:getlastmodified>",
    );
    const file = responseOf(text, "/ocm/dav/remote/plan.txt");
    expect(file).toContain("<d:resourcetype/>");
    expect(file).toContain("<d:getcontentlength>42</d:getcontentlength>");
    expect(file).not.toContain("getlastmodified");
    expect(file).not.toContain("getetag");
    expect(text).not.toMatch(/NaN|Invalid/);
    expect(alice.seen).toEqual([]);
  });

  it("is one folder for Depth 0, with and without a slash, and without limit is refused", async () => {
    world.share(alice);
    for (const path of ["", "/"]) expect(hrefs((await propfind(path, "0")).text)).toEqual(["/ocm/dav/remote/"]);
    const refused = await propfind("/", "infinity");
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("<d:propfind-finite-depth/>");
  });

  it("is changed by nobody here", async () => {
    world.share(alice);
    const destination = { destination: `${world.url}/Other/` };
    const tries = [
      await world.ask("PUT", "/new.txt", { body: "x" }),
      await world.ask("MKCOL", "/New"),
      await world.ask("MKCOL", "/"),
      await world.ask("DELETE", "/"),
      await world.ask("MOVE", "/Documents/", { headers: destination }),
      await world.ask("MOVE", "/Documents/a.txt", { headers: { destination: `${world.url}/a.txt` } }),
      await world.ask("MOVE", "/Documents/a.txt", { headers: { destination: `${world.url}/Documents` } }),
      await world.ask("LOCK", "/"),
    ];
    expect(tries.map(({ status }) => status)).toEqual(tries.map(() => 403));
    const leave = await world.ask("DELETE", "/Documents/");
    expect(leave.status).toBe(403);
    expect(leave.text).toContain("leave the share");
    expect(alice.seen).toEqual([]);
    expect((await propfind("/nothing")).status).toBe(404);
    expect((await world.ask("GET", "/")).status).toBe(405);
  });

  it("answers OPTIONS for everybody, and unknown methods for nobody", async () => {
    const options = await raw(world, "OPTIONS", "/ocm/dav/remote/x", { headers: { authorization: "" } });
    expect(options.status).toBe(200);
    expect(options.headers).toMatchObject({ dav: "1, 2", allow: expect.stringContaining("LOCK") });
    expect((await world.ask("POST", "/")).status).toBe(405);
    expect((await world.ask("REPORT", "/")).status).toBe(501);
  });
});

describe("who may use the tree", () => {
  const ask = (headers: Record<string, string>, method = "PROPFIND", path = "/") =>
    raw(world, method, `/ocm/dav/remote${path}`, { headers: { authorization: "", depth: "0", ...headers } });

  it("is asked for a password in a form that programs understand", async () => {
    for (const authorization of ["", "Bearer x", basic("bob", "wrong")]) {
      const refused = await ask({ authorization });
      expect(refused.status).toBe(401);
      expect(refused.headers["www-authenticate"]).toBe('Basic realm="Received shares", charset="UTF-8"');
      expect(refused.text).toContain("<s:exception>unauthenticated</s:exception>");
    }
  });

  it("is whoever has an app password, as long as they have it", async () => {
    const authorization = await world.password();
    expect((await ask({ authorization })).status).toBe(207);
    await world.revokeAll();
    expect((await ask({ authorization })).status).toBe(401);
  });

  it("is whoever the host knows, with the host's rule against forged requests for changes", async () => {
    world.share(alice);
    const session = { "x-session": "bob" };
    expect((await ask(session)).status).toBe(207);
    expect((await ask(session, "GET", "/Documents/a.txt")).text).toBe("hello world");
    const forged = await ask(session, "MKCOL", "/Documents/x");
    expect(forged.status).toBe(403);
    expect(forged.text).toContain("forgery-check");
    expect((await ask({ ...session, "x-csrf": "ok" }, "MKCOL", "/Documents/x")).status).toBe(201);
    expect((await world.ask("MKCOL", "/Documents/y")).status).toBe(201);
  });

  it("waits after thirty wrong passwords, while right ones work", async () => {
    const authorization = await world.password();
    world.clock.at = Math.ceil(world.clock.at / 300_000) * 300_000;
    const wrong = { authorization: basic("bob", "wrong") };
    for (let count = 0; count < 30; count += 1) expect((await ask(wrong)).status).toBe(401);
    const refused = await ask(wrong);
    expect(refused.status).toBe(429);
    expect(refused.headers["retry-after"]).toBe("300");
    expect(refused.headers["www-authenticate"]).toBeUndefined();
    expect((await ask({ authorization })).status).toBe(207);
  });

  it("has a second factor where the owner asks for one; the share is listed anyway", async () => {
    world.share(alice, { requirements: ["must-use-mfa"] });
    expect(hrefs((await propfind("/")).text)).toContain("/ocm/dav/remote/Documents/");
    for (const refused of [
      await propfind("/Documents/"),
      await ask({ "x-session": "bob" }, "GET", "/Documents/a.txt"),
    ]) {
      expect(refused.status).toBe(403);
      expect(refused.text).toContain("second factor");
    }
    const factor = { "x-session": "bob", "x-factor": "yes" };
    expect((await ask(factor, "GET", "/Documents/a.txt")).text).toBe("hello world");
  });

  it("sees nobody else's shares", async () => {
    world.share(alice, { user: "zoe" });
    expect((await propfind("/Documents/")).status).toBe(404);
    expect((await ask({ "x-session": "zoe" }, "GET", "/Documents/a.txt")).text).toBe("hello world");
  });
});
