import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { davFile, type FakePeer, type FakeRequest } from "./fake-peer.test-helper.ts";
import { accepted, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { exchange } from "./http.test-helper.ts";
import type { Person, SentShare } from "./person.test-helper.ts";

const CAPABILITIES = ["http-sig", "invites", "notifications", "protocol-object"];
const EXCHANGE = [...CAPABILITIES, "exchange-token"];

/** What a receiver says of itself, by the columns of table 4.1. */
const RECEIVERS = {
  "demands and can": { capabilities: EXCHANGE, criteria: ["must-exchange-token"] },
  "demands and cannot": { capabilities: CAPABILITIES, criteria: ["must-exchange-token"] },
  can: { capabilities: EXCHANGE, criteria: [] },
  cannot: { capabilities: CAPABILITIES, criteria: [] },
  "is of before the draft": { apiVersion: "1.0-proposal1", capabilities: ["http-sig"], criteria: [] },
};

describe.each(flowDatabases())("The code flow on $name", (database) => {
  let world: Federation<"alpha" | "strict">;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, strict: { ocm: { trust: { mustExchangeToken: true } } } });
    alice = await world.servers.alpha.person();
    await alice.put("/file.txt", "content");
    await alice.put("/folder/file.txt", "content");
  });
  afterAll(() => world.close());

  describe("as Sending Server (table 4.1)", () => {
    async function send(discovery: object, path = "/file.txt"): Promise<{ share: SentShare; peer: FakePeer }> {
      const peer = await world.fakePeer(undefined, { ...discovery });
      return { peer, share: await alice.share(path, `mallory@${peer.host}`) };
    }

    /** What the resource answers to a credential. */
    async function opens(share: SentShare, authorization: string): Promise<number> {
      const url = `${world.servers.alpha.origin}/ocm/dav/${share.id}`;
      return (await exchange({ method: "GET", url, headers: { authorization } })).status;
    }

    async function token(peer: FakePeer): Promise<string> {
      const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
      return `Bearer ${(await peer.post(world.servers.alpha, { path: "/ocm/token", form })).json.access_token}`;
    }

    const basic = (secret: string) => `Basic ${Buffer.from(`${secret}:`).toString("base64")}`;

    it.each(["demands and can", "can"] as const)(
      "it sends a strict share to a receiver that %s, and takes no secret (SHARE-06, SHARE-07)",
      async (receiver) => {
        const { share, peer } = await send(RECEIVERS[receiver]);
        expect(share).toMatchObject({ status: "pending", strict: true });
        expect(peer.told("shares")[0]?.json.protocol).toMatchObject({
          name: "multi",
          webdav: { requirements: ["must-exchange-token"] },
        });
        const secret = peer.lastSecret();
        expect(await opens(share, `Bearer ${secret}`)).toBe(401);
        expect(await opens(share, basic(secret))).toBe(401);
        expect(await opens(share, await token(peer))).toBe(200);
      },
    );

    it("it sends nothing to a receiver that demands the exchange and cannot do it (DISC-42)", async () => {
      const { share, peer } = await send(RECEIVERS["demands and cannot"]);
      expect(share).toMatchObject({ status: "rejected", reason: { code: "peer-incompatible" } });
      expect(peer.told("shares")).toEqual([]);
    });

    it("it sends no strict share to a receiver that cannot exchange, and takes the secret (TOK-14)", async () => {
      const { share, peer } = await send(RECEIVERS.cannot);
      expect(share).toMatchObject({ status: "pending", strict: false });
      expect(JSON.stringify(peer.told("shares")[0]?.json)).not.toContain("requirements");
      expect(await opens(share, `Bearer ${peer.lastSecret()}`)).toBe(200);
      expect(await opens(share, await token(peer))).toBe(200);
      expect(await opens(share, "Bearer another-secret")).toBe(401);
    });

    it("it sends the deprecated form to an older receiver, and takes Basic (SHARE-34, ACC-14)", async () => {
      const { share, peer } = await send(RECEIVERS["is of before the draft"]);
      expect(share).toMatchObject({ status: "pending", strict: false });
      expect(peer.told("shares")[0]?.json.protocol).toMatchObject({ name: "webdav", options: {} });
      expect(await opens(share, basic(peer.lastSecret()))).toBe(200);
      const prefix = `${world.servers.alpha.origin}/ocm/dav/`;
      const authorization = basic(peer.lastSecret());
      expect((await exchange({ method: "GET", url: prefix, headers: { authorization } })).status).toBe(200);
    });

    it("it shares strictly with a server of its own kind that demands it", async () => {
      const bob = await world.servers.strict.person();
      const { sent, received } = await accepted(alice, bob);
      expect(await alice.sent(sent)).toMatchObject({ strict: true });
      expect((await bob.open(received)).status).toBe(200);
    });

    it.each(["absolute", "relative"])(
      "it names the resource by %s address where the receiver asks so (G-39)",
      async (uri) => {
        const protocols = { webdav: "/dav/", "webdav-receive": { uri } };
        const { share, peer } = await send({ resourceTypes: [{ name: "file", shareTypes: ["user"], protocols }] });
        const expected = uri === "relative" ? share.id : `${world.servers.alpha.origin}/ocm/dav/${share.id}`;
        expect(peer.told("shares")[0]?.json.protocol).toMatchObject({ webdav: { uri: expected } });
      },
    );

    it("it shares a file with a server that advertises none, but no folder (D-27, D-28)", async () => {
      const calendars = { resourceTypes: [{ name: "calendar", shareTypes: ["user"], protocols: {} }] };
      expect((await send(calendars)).share.status).toBe("pending");
      const { share, peer } = await send(calendars, "/folder");
      expect(share).toMatchObject({ status: "rejected", reason: { code: "peer-incompatible" } });
      expect(peer.told("shares")).toEqual([]);
    });

    it("it shares nothing with a server that has federation switched off (G-56)", async () => {
      const { share } = await send({ enabled: false });
      expect(share).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("switched off") } });
    });
  });

  describe("as Receiving Server (table 4.1)", () => {
    /** A share from a sender that serves it to whoever `admits` names; what it was asked is in `received`. */
    async function receive(sender: {
      discovery?: object;
      requirements?: string[];
      admits(request: FakeRequest): boolean;
      more?: object;
    }): Promise<{ id: string; peer: FakePeer; secret: string }> {
      const peer = await world.fakePeer(undefined, { ...sender.discovery });
      peer.script = (request) => {
        if (!request.path.startsWith("/dav/")) return undefined;
        return sender.admits(request) ? davFile("from the fake", request) : { status: 401 };
      };
      const json = peer.notice(alice.address, { name: peer.host, ...sender.more });
      if (sender.requirements)
        Object.assign((json.protocol as { webdav: object }).webdav, { requirements: sender.requirements });
      expect((await peer.post(world.servers.alpha, { path: "/ocm/shares", json })).status).toBe(201);
      const share = (await alice.received()).find(({ name }) => name === peer.host);
      await alice.acceptShare(share?.id ?? "");
      const secret = /"sharedSecret":"([^"]+)"/.exec(JSON.stringify(json))?.[1] ?? "";
      return { id: share?.id ?? "", peer, secret };
    }

    /** The credentials that the sender was shown, in order, each once. */
    function shown(peer: FakePeer): string[] {
      const all = peer.received.filter(({ path }) => path.startsWith("/dav/"));
      return [...new Set(all.map(({ headers }) => String(headers.authorization)))];
    }

    const strict = ["must-exchange-token"];
    const byToken = ({ headers }: FakeRequest) => headers.authorization?.startsWith("Bearer fake_") ?? false;

    it("it exchanges the code of a strict share, signed, and uses only the token (ACC-06, TOK-01 to TOK-05)", async () => {
      const { id, peer, secret } = await receive({ requirements: strict, admits: byToken });
      expect(await alice.open(id)).toMatchObject({ status: 200, text: "from the fake" });
      const [request, ...more] = peer.told("token");
      expect(more).toEqual([]);
      expect(Object.fromEntries(new URLSearchParams(request?.text))).toEqual({
        grant_type: "authorization_code",
        client_id: world.servers.alpha.host,
        code: secret,
      });
      expect(request?.headers["signature-input"]).toContain('tag="ocm"');
      expect(shown(peer)).toEqual([expect.stringMatching(/^Bearer fake_/)]);
      expect((await alice.open(id)).status).toBe(200);
      expect(peer.told("token")).toHaveLength(1);
    });

    it("it gets a new token before the old one ends (TOK-10)", async () => {
      const { id, peer } = await receive({ requirements: strict, admits: byToken });
      await alice.open(id);
      world.clock.advance(290_000);
      expect((await alice.open(id)).status).toBe(200);
      expect(peer.told("token")).toHaveLength(2);
      expect(shown(peer)).toHaveLength(2);
    });

    it("it never shows the secret of a strict share, also where no token is to be had (ACC-06)", async () => {
      const { id, peer } = await receive({ requirements: strict, admits: () => true });
      const serve = peer.script;
      peer.script = (request) =>
        request.path === "/ocm/token" ? { status: 400, body: { error: "invalid_grant" } } : serve(request);
      expect(await alice.open(id)).toMatchObject({ status: 502, json: { code: "peer-refused" } });
      expect(shown(peer)).toEqual([]);
      expect(await alice.receivedShare(id)).toMatchObject({
        status: "accepted",
        access: "refused",
        accessEvidence: { status: 400 },
      });
    });

    it("it cannot use a strict share of a server without a token endpoint", async () => {
      const discovery = { capabilities: CAPABILITIES, tokenEndPoint: undefined };
      const { id, peer } = await receive({ discovery, requirements: strict, admits: () => true });
      expect(await alice.open(id)).toMatchObject({ status: 502, json: { code: "peer-incompatible" } });
      expect(shown(peer)).toEqual([]);
    });

    it("it tries the exchange for a share that is not strict, and falls back to the secret (ACC-07, ACC-08)", async () => {
      const { id, peer, secret } = await receive({ admits: (request) => !byToken(request) });
      expect((await alice.open(id)).status).toBe(200);
      expect(peer.told("token").length).toBeGreaterThan(0);
      expect(shown(peer).at(-1)).toBe(`Bearer ${secret}`);
    });

    it("it uses the secret alone with a server that cannot exchange, as Bearer and then as Basic (TOK-15, G-35)", async () => {
      const discovery = { capabilities: CAPABILITIES, tokenEndPoint: undefined };
      const isBasic = ({ headers }: FakeRequest) => headers.authorization?.startsWith("Basic ") ?? false;
      const { id, peer, secret } = await receive({ discovery, admits: isBasic });
      expect((await alice.open(id)).status).toBe(200);
      expect(peer.told("token")).toEqual([]);
      expect(shown(peer)).toEqual([`Bearer ${secret}`, `Basic ${Buffer.from(`${secret}:`).toString("base64")}`]);
      expect(peer.received.filter(({ path }) => path.includes(secret))).toEqual([]);
    });

    it("it opens the deprecated form with Basic at the sender's prefix (ACC-13, ACC-14)", async () => {
      const protocol = { name: "webdav", options: { sharedSecret: "a-secret-in-the-options", permissions: "x" } };
      const discovery = { capabilities: [], tokenEndPoint: undefined };
      const { id, peer } = await receive({ discovery, admits: () => true, more: { protocol } });
      expect((await alice.open(id)).status).toBe(200);
      expect(shown(peer)).toEqual([expect.stringMatching(/^Basic /)]);
    });

    it("with the criterion it refuses a share that lacks the requirement, and says so (DISC-41, G-14)", async () => {
      const { strict: receiver } = world.servers;
      const bob = await receiver.person();
      const peer = await world.fakePeer();
      const json = peer.notice(bob.address);
      const send = () => peer.post(receiver, { path: "/ocm/shares", json });
      expect(await send()).toMatchObject({
        status: 400,
        json: { code: "requirement-missing", validationErrors: [{ name: "protocol.webdav.requirements" }] },
      });
      Object.assign((json.protocol as { webdav: object }).webdav, { requirements: strict });
      expect(await send()).toMatchObject({ status: 201 });
      const { origin } = receiver;
      expect((await exchange({ method: "GET", url: `${origin}/.well-known/ocm` })).json).toMatchObject({
        criteria: expect.arrayContaining(["must-exchange-token"]),
        capabilities: expect.arrayContaining(["exchange-token"]),
        tokenEndPoint: `${origin}/ocm/token`,
      });
    });

    it("it holds the recipient to a second factor where the sender demands one (MFA-01, MFA-05)", async () => {
      const { id } = await receive({ requirements: ["must-use-mfa"], admits: () => true });
      expect(await alice.open(id)).toMatchObject({ status: 403, json: { code: "second-factor" } });
      alice.account.secondFactor = true;
      expect((await alice.open(id)).status).toBe(200);
      alice.account.secondFactor = false;
    });
  });
});
