import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer, Message } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { type Answer, exchange } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const HOUR = 3600 * 1000;
const TOKEN = "/ocm/token";

describe.each(flowDatabases())("The token endpoint on $name", (database) => {
  let world: Federation<"alpha">;
  let peer: FakePeer;
  let other: FakePeer;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {} });
    [peer, other] = [await world.fakePeer(), await world.fakePeer()];
    alice = await world.servers.alpha.person();
    await alice.put("/file.txt", "content");
  });
  afterAll(() => world.close());

  /** A share given to the peer; its id, and the code that the peer was sent. */
  async function given(more: object = {}): Promise<{ id: string; code: string }> {
    const { id, status } = await alice.share("/file.txt", `mallory@${peer.host}`, more);
    expect(status).toBe("pending");
    return { id, code: peer.lastSecret() };
  }

  const form = (code: string, from = peer) => ({ grant_type: "authorization_code", client_id: from.host, code });

  function ask(code: string, from = peer, more: Partial<Message> = {}): Promise<Answer> {
    // Signatures of one second over one request are the same bytes.
    world.clock.advance(1000);
    return from.post(world.servers.alpha, { path: TOKEN, form: form(code, from), ...more });
  }

  async function opens(id: string, token: unknown): Promise<number> {
    const url = `${world.servers.alpha.origin}/ocm/dav/${id}`;
    return (await exchange({ method: "GET", url, headers: { authorization: `Bearer ${token}` } })).status;
  }

  it("gives a bearer token for a code, which opens that share alone (TOK-07 to TOK-09, G-27)", async () => {
    const [one, another] = [await given(), await given()];
    const granted = await ask(one.code);
    expect(granted).toMatchObject({ status: 200, json: { token_type: "Bearer", expires_in: 3600 } });
    expect(granted.headers["cache-control"]).toBe("no-store");
    expect(Object.keys(granted.json).sort()).toEqual(["access_token", "expires_in", "token_type"]);
    expect(await opens(one.id, granted.json.access_token)).toBe(200);
    expect(await opens(another.id, granted.json.access_token)).toBe(401);
    expect(await opens(one.id, `${granted.json.access_token}x`)).toBe(401);
  });

  it("gives a fresh token for the same code, and the old one stays valid to its end (TOK-10, G-25)", async () => {
    const { id, code } = await given();
    const [first, second] = [await ask(code), await ask(code)];
    expect(second.json.access_token).not.toBe(first.json.access_token);
    world.clock.advance(HOUR - 2000);
    expect(await opens(id, second.json.access_token)).toBe(200);
    world.clock.advance(3000);
    expect(await opens(id, first.json.access_token)).toBe(401);
  });

  it("ignores parameters that it does not know (TOK-06)", async () => {
    const { code } = await given();
    const more = { ...form(code), redirect_uri: "https://elsewhere.example/", state: "x", scope: "all" };
    expect((await ask(code, peer, { form: more })).status).toBe(200);
  });

  it.each([
    ["no parameters", {}, "invalid_request"],
    ["no code", { code: "" }, "invalid_request"],
    ["no client_id", { client_id: "" }, "invalid_request"],
    ["a client_id that is no host", { client_id: "a b/c" }, "invalid_request"],
    ["no grant_type", { grant_type: "" }, "invalid_request"],
    ["another grant_type", { grant_type: "client_credentials" }, "unsupported_grant_type"],
    ["the older grant_type", { grant_type: "ocm_share" }, "unsupported_grant_type"],
  ])("answers a request with %s with 400 (TOK-11, TOK-12)", async (what, more, error) => {
    const wanted = what === "no parameters" ? {} : { ...form("some-code"), ...more };
    const refused = await ask("", peer, { form: wanted });
    expect(refused).toMatchObject({ status: 400, json: { error } });
    expect(refused.headers["cache-control"]).toBe("no-store");
  });

  it("answers a parameter that is there twice with invalid_request", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const raw = new URLSearchParams([...Object.entries(form("code-one")), ["code", "code-two"]]).toString();
    const refused = await ask("", peer, { form: undefined, raw, headers });
    expect(refused).toMatchObject({ status: 400, json: { error: "invalid_request" } });
  });

  it("tells an unknown code and a code of another receiver apart by nothing (4.5)", async () => {
    const { code } = await given();
    const [stolen, unknown] = [await ask(code, other), await ask("no-such-code", other)];
    expect(stolen).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect(stolen.json).toEqual(unknown.json);
    expect((await ask(code)).status).toBe(200);
  });

  it.each([
    ["is taken back", (id: string) => alice.unshare(id)],
    ["is declined", (id: string) => notify("SHARE_DECLINED", id)],
    ["has expired", async () => world.clock.advance(HOUR + 1000)],
    ["is of a file that is gone", () => world.servers.alpha.ocm().api.fileRemoved(alice.id, "/file.txt")],
    ["is of a person who is gone", () => world.servers.alpha.ocm().api.userRemoved(alice.id)],
  ] as [string, (id: string) => Promise<unknown>][])(
    "gives nothing for a share that %s, and what it gave before opens nothing (4.5, G-29)",
    async (_what, end) => {
      const expiresAt = new Date(world.clock.now() + HOUR).toISOString();
      const { id, code } = await given({ expiresAt });
      const { access_token: token } = (await ask(code)).json;
      expect(await opens(id, token)).toBe(200);
      await end(id);
      expect(await ask(code)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
      expect(await opens(id, token)).toBe(401);
    },
  );

  function notify(notificationType: string, providerId: string): Promise<Answer> {
    const json = { notificationType, resourceType: "file", providerId };
    return peer.post(world.servers.alpha, { path: "/ocm/notifications", json });
  }

  it("refuses a request that is replayed to the byte, so that it gives nothing to whoever copied it", async () => {
    const { code } = await given();
    const created = Math.floor(world.clock.now() / 1000) + 1;
    const request = () =>
      peer.post(world.servers.alpha, {
        path: TOKEN,
        form: form(code),
        tweaks: { created, components: ["@method", "@target-uri", "content-digest", "content-length"] },
      });
    expect((await request()).status).toBe(200);
    world.clock.advance(30_000);
    expect(await request()).toMatchObject({ status: 400, json: { error: "invalid_client" } });
  });

  it("refuses unsigned requests, whatever else the policy permits (TOK-03, SEC-04)", async () => {
    const { alpha } = world.servers;
    const { code } = await given();
    await alpha.restart({ ocm: { trust: { signatures: "optional" } } });
    const refused = await ask(code, peer, { sign: false });
    await alpha.restart();
    expect(refused).toMatchObject({ status: 400, json: { error: "invalid_client", code: "signature-missing" } });
  });

  it("answers a server that policy forbids with unauthorized_client", async () => {
    const { alpha } = world.servers;
    const { code } = await given();
    await alpha.restart({ ocm: { trust: { deny: [peer.host] } } });
    const refused = await ask(code);
    await alpha.restart();
    expect(refused).toMatchObject({ status: 400, json: { error: "unauthorized_client" } });
    expect((await ask(code)).status).toBe(200);
  });
});
