import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer, Message } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { type Answer, exchange } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const JSON_ENDPOINTS = ["/ocm/shares", "/ocm/notifications", "/ocm/invite-accepted"];
const ALL_ENDPOINTS = [...JSON_ENDPOINTS, "/ocm/token"];

/** The OpenAPI document's form of a refusal, with our additions; the token endpoint has OAuth's. */
const refusal = (code: string) => ({
  message: expect.stringMatching(/^[A-Z].*[.?]$/),
  code,
  next: expect.any(String),
  requestId: expect.stringMatching(/^[A-Za-z0-9-]{8,64}$/),
});

// Nothing here reaches the database, so one kind is enough.
describe.each(flowDatabases().slice(0, 1))("A request that cannot be understood, on $name,", (database) => {
  let world: Federation<"alpha">;
  let peer: FakePeer;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {} });
    peer = await world.fakePeer();
    alice = await world.servers.alpha.person();
  });
  afterAll(() => world.close());

  const post = (message: Message): Promise<Answer> => peer.post(world.servers.alpha, message);

  describe.each(JSON_ENDPOINTS)("to %s", (path) => {
    it.each([
      ["that is not JSON", "{", "not-json"],
      ["that is empty", "", "not-json"],
      ["with bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "not-json"],
      ["that names a key twice", '{"name":"a","name":"b"}', "duplicate-key"],
      ["deeper than 32 levels", `{"a":${"[".repeat(40)}${"]".repeat(40)}}`, "too-deep"],
      ["that is no object", "[]", "invalid-fields"],
      ["that is null", "null", "invalid-fields"],
    ])("%s is answered with 400", async (_what, body, code) => {
      const url = `${world.servers.alpha.origin}${path}`;
      const answer = await exchange({ method: "POST", url, body, headers: { "content-type": "application/json" } });
      expect(answer).toMatchObject({ status: 400, json: refusal(code) });
      expect(answer.headers["content-type"]).toMatch(/^application\/json/);
    });

    it("exactly 32 levels deep is read", async () => {
      const answer = await post({ path, raw: `{"a":${"[".repeat(31)}${"]".repeat(31)}}`, sign: false });
      expect(answer.json.code).not.toBe("too-deep");
    });

    it("of another Content-Type is answered with 415", async () => {
      for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json-patch+json", ""]) {
        const answer = await post({ path, json: {}, headers: { "content-type": type } });
        expect(answer).toMatchObject({ status: 415, json: refusal("unsupported-media-type") });
      }
      const charset = await post({ path, json: [], headers: { "content-type": "application/json; charset=utf-8" } });
      expect(charset.json.code).toBe("invalid-fields");
    });

    it("with a Content-Encoding is answered with 415", async () => {
      const answer = await post({ path, json: {}, headers: { "content-encoding": "gzip" } });
      expect(answer).toMatchObject({ status: 415, json: refusal("unsupported-media-type") });
    });
  });

  describe.each(ALL_ENDPOINTS)("to %s", (path) => {
    const isToken = path === "/ocm/token";
    const body = (fields: Record<string, string>) => (isToken ? { form: fields } : { json: fields });

    it("without Content-Length is answered with 411", async () => {
      const answer = await post({ path, ...body({ a: "b" }), sign: false, chunked: true });
      expect(answer.status).toBe(411);
      expect(answer.json.code).toBe("length-required");
    });

    it("of more than 64 KiB is answered with 413, and one of 64 KiB is read", async () => {
      const of = (size: number) => post({ path, ...body({ a: "x".repeat(size) }), sign: false });
      const answer = await of(64 * 1024 + 1);
      expect(answer.status).toBe(413);
      expect(answer.json.code).toBe("too-large");
      expect((await of(64 * 1024 - 8)).status).not.toBe(413);
    });

    it("by another method is answered with 405 and what is allowed", async () => {
      const url = `${world.servers.alpha.origin}${path}`;
      for (const method of ["GET", "PUT", "DELETE"]) {
        const answer = await exchange({ method, url });
        expect(answer).toMatchObject({ status: 405, json: refusal("method-not-allowed") });
        expect(answer.headers.allow).toBe("POST");
      }
    });
  });

  it("to the token endpoint as JSON is an invalid_request (TOK-02, TOK-11)", async () => {
    const answer = await post({ path: "/ocm/token", json: { grant_type: "authorization_code" } });
    expect(answer).toMatchObject({ status: 400, json: { error: "invalid_request" } });
  });

  it("with missing and ill-typed fields is told all of them at once", async () => {
    const names = (answer: Answer) => {
      expect(answer).toMatchObject({ status: 400, json: refusal("invalid-fields") });
      return (answer.json.validationErrors as { name: string; message: string }[]).map(({ name }) => name).sort();
    };
    const required = ["name", "owner", "protocol", "providerId", "resourceType", "sender", "shareType", "shareWith"];
    expect(names(await post({ path: "/ocm/shares", json: {} }))).toEqual(required);
    const sender = `mallory@${peer.host}`;
    const wrong = {
      sender,
      owner: 7,
      shareWith: "nobody",
      name: ["x"],
      providerId: {},
      shareType: 1,
      resourceType: null,
    };
    const illTyped = {
      ...wrong,
      expiration: "soon",
      protocol: { name: "multi", webdav: { uri: "../x", permissions: 3 } },
    };
    expect(names(await post({ path: "/ocm/shares", json: illTyped }))).toEqual([
      "expiration",
      "name",
      "owner",
      "protocol.webdav.permissions",
      "protocol.webdav.sharedSecret",
      "protocol.webdav.uri",
      "providerId",
      "resourceType",
      "shareType",
      "shareWith",
    ]);
    expect(names(await post({ path: "/ocm/notifications", json: {} }))).toEqual(["notificationType", "providerId"]);
    expect(names(await post({ path: "/ocm/invite-accepted", json: { recipientProvider: "a b", userID: 3 } }))).toEqual([
      "name",
      "recipientProvider",
      "token",
      "userID",
    ]);
  });

  it("of the user API is told all fields at once too, misspelt ones included", async () => {
    const json = { paht: "/x", shareWith: 3, permissions: ["fly"], expiresAt: "soon" };
    const answer = await alice.ask("POST", "/shares/sent", json);
    expect(answer).toMatchObject({ status: 400, json: refusal("invalid-fields") });
    const fields = (answer.json.validationErrors as { name: string }[]).map(({ name }) => name).sort();
    expect(fields).toEqual(["expiresAt", "paht", "path", "permissions.0", "shareWith"]);
    const page = await alice.ask("GET", "/shares/sent?limit=0&after=x&colour=red");
    expect((page.json.validationErrors as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      "colour",
      "limit",
    ]);
  });

  it("for what this server does not offer is answered with 501 (G-21)", async () => {
    const json = { owner: alice.address, shareWith: `mallory@${peer.host}`, share: "x" };
    expect(await post({ path: "/ocm/request-share", json })).toMatchObject({
      status: 501,
      json: refusal("not-supported"),
    });
  });

  it("at an address of nobody is left to the host's application", async () => {
    for (const path of ["/ocm/nothing", "/elsewhere", "/ocmx"]) {
      const answer = await exchange({ method: "GET", url: `${world.servers.alpha.origin}${path}` });
      expect(answer).toMatchObject({ status: 404, text: "Not Found" });
    }
  });

  it("that goes away in the middle of its body leaves the server as it was", async () => {
    const url = `${world.servers.alpha.origin}/ocm/shares`;
    const headers = { "content-type": "application/json", "content-length": "1000" };
    const cut = new AbortController();
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('{"name":'));
        setTimeout(() => cut.abort(), 50);
      },
    });
    await expect(fetch(url, { method: "POST", headers, body, duplex: "half", signal: cut.signal })).rejects.toThrow();
    expect((await alice.ask("GET", "/me")).status).toBe(200);
  });
});
