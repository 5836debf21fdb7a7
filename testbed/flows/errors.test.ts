import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../plugin/index.ts";
import { davFile, type FakePeer, type Message } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import { type Answer, exchange } from "./http.test-helper.ts";
import { fakeKey, type Tweaks } from "./message-signature.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

type Provocation = () => Promise<Answer>;

/** The rows of the page that is printed from the plugin's table of errors, which a check keeps up to date. */
const ROW = /^\| `(?<code>[a-z-]+)` \| (?<status>\d{3}) \| (?<message>.+) \| (?<next>.+) \|$/gm;
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const definitions = [...page.matchAll(ROW)].map(({ groups = {} }) => ({
  code: groups.code as ErrorCode,
  status: Number(groups.status),
  message: groups.message,
  next: groups.next,
}));

describe.each(flowDatabases().slice(0, 1))("Every code of docs/errors.md, on $name,", (database) => {
  let world: Federation<"alpha" | "parsed" | "invited" | "strict">;
  let alice: Person;
  let peer: FakePeer;
  let third: FakePeer;

  beforeAll(async () => {
    world = await federation(database, {
      alpha: { ocm: { trust: { deny: ["denied.example"] } } },
      parsed: {
        async before(context, next) {
          for await (const _ of context.req) context.state.read = true;
          await next();
        },
      },
      invited: { ocm: { trust: { mustInvite: true }, limits: { openInvites: 0 } } },
      strict: { ocm: { trust: { mustExchangeToken: true } } },
    });
    alice = await world.servers.alpha.person();
    await alice.put("/folder/file.txt", "content");
    [peer, third] = [await world.fakePeer(), await world.fakePeer()];
  });
  afterAll(() => world.close());

  /** A message of the fake peer to alpha. */
  const post = (message: Message): Promise<Answer> => peer.post(world.servers.alpha, message);
  const raw = (body: string) => post({ path: "/ocm/shares", raw: body, sign: false });
  const notice = (more: Record<string, unknown> = {}) =>
    post({ path: "/ocm/shares", json: peer.notice(alice.address, more) });
  const signed = (tweaks: Tweaks, more: Partial<Message> = {}) =>
    post({ path: "/ocm/shares", json: peer.notice(alice.address), tweaks, ...more });
  const notify = (notificationType: string, providerId = "none") =>
    post({ path: "/ocm/notifications", json: { notificationType, resourceType: "file", providerId } });
  const seconds = () => Math.floor(world.clock.now() / 1000);
  const share = (more: object) =>
    alice.ask("POST", "/shares/sent", { path: "/folder", shareWith: `mallory@${peer.host}`, ...more });

  /** A share that the peer gave to alice. */
  async function received(status = 404): Promise<{ id: string; providerId: string; from: FakePeer }> {
    const from = await world.fakePeer();
    from.script = (request) => {
      if (!request.path.startsWith("/dav/")) return undefined;
      return request.method === "PUT" || status === 401 ? { status, body: "" } : davFile("x", request);
    };
    const json = from.notice(alice.address, { name: from.host });
    await from.post(world.servers.alpha, { path: "/ocm/shares", json });
    const id = (await alice.received()).find(({ name }) => name === from.host)?.id ?? "";
    return { id, providerId: json.providerId, from };
  }

  /** Alice writes to a share whose owner's server answers with this status. */
  async function writing(status: number): Promise<Answer> {
    const { id } = await received(status);
    await alice.acceptShare(id);
    return alice.write(id, "", "text");
  }

  /** A request for a folder of alice's, with a token that the peer was given for it. */
  async function dav(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const { id } = (await share({ permissions: ["read", "write"] })).json;
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    const { access_token: token } = (await post({ path: "/ocm/token", form })).json;
    const url = `${world.servers.alpha.origin}/ocm/dav/${id}${path}`;
    const all = { authorization: `Bearer ${token}`, ...headers };
    return exchange({ method, url, headers: all, ...(body === undefined ? {} : { body }) });
  }

  const provocations: Partial<Record<ErrorCode, Provocation>> = {
    "not-json": () => raw("{"),
    "duplicate-key": () => raw('{"a":1,"a":2}'),
    "too-deep": () => raw("[".repeat(40) + "]".repeat(40)),
    "invalid-fields": () => raw("{}"),
    "unsupported-media-type": () => post({ path: "/ocm/shares", json: {}, headers: { "content-type": "text/plain" } }),
    "length-required": () => post({ path: "/ocm/shares", json: {}, sign: false, chunked: true }),
    "too-large": () => raw(" ".repeat(64 * 1024 + 1)),
    "bad-request": () => alice.ask("GET", "/shares/sent?after=not-a-cursor"),
    "body-consumed": () => peer.post(world.servers.parsed, { path: "/ocm/shares", json: {} }),
    "not-found": () => alice.ask("GET", "/shares/sent/none"),
    "method-not-allowed": () => exchange({ method: "GET", url: `${world.servers.alpha.origin}/ocm/shares` }),
    "not-supported": () => post({ path: "/ocm/request-share", json: {} }),
    "too-many-requests": async () => (await world.servers.invited.person()).ask("POST", "/invites", {}),
    async unavailable() {
      // The inviting server shares before its answer to the acceptance has come.
      const carol = await world.servers.invited.person();
      let open = () => {};
      const answered = new Promise<void>((resolve) => {
        open = resolve;
      });
      third.script = async ({ path }) => (path === "/ocm/invite-accepted" ? void (await answered) : undefined);
      const accepting = carol.acceptInvite({ token: "0123456789", provider: third.host });
      const answer = await third.post(world.servers.invited, {
        path: "/ocm/shares",
        json: third.notice(carol.address),
      });
      open();
      await accepting;
      return answer;
    },
    async internal() {
      const { files } = world.servers.alpha;
      const { stat } = files;
      files.stat = () => Promise.reject(new Error("The disk is broken."));
      const answer = await share({});
      files.stat = stat;
      return answer;
    },
    "signature-missing": () => signed({}, { sign: false }),
    "signature-several": () =>
      signed(
        {},
        { amend: (all) => ({ ...all, "signature-input": `${all["signature-input"]}, ${all["signature-input"]}` }) },
      ),
    "signature-malformed": () => signed({}, { headers: { "signature-input": "ocm=?" } }),
    "signature-components": () => signed({ components: ["@method"] }),
    "signature-stale": () => signed({ created: seconds() - 400 }),
    "signature-future": () => signed({ created: seconds() + 400 }),
    "signature-digest": () => signed({ digest: "sha-256=:AAAA:" }),
    "signature-algorithm": () => signed({ alg: "hmac-sha256" }),
    "signature-key-unknown": () => signed({ key: fakeKey(`https://${peer.host}/ocm#unknown`) }),
    async "signature-key-unavailable"() {
      const gone = await world.fakePeer();
      await gone.down();
      return gone.post(world.servers.alpha, { path: "/ocm/shares", json: gone.notice(alice.address) });
    },
    "signature-host": () => notice({ sender: `mallory@${third.host}` }),
    "signature-target": () =>
      signed({ targetUri: "http://other.example/ocm/shares" }, { headers: { host: "other.example" } }),
    "signature-invalid": () => signed({ bytes: Buffer.alloc(64) }),
    unauthenticated: () => alice.ask("GET", "/me", undefined, { authorization: "" }),
    "forgery-check": () => alice.ask("POST", "/invites", {}, { "sec-fetch-site": "cross-site" }),
    forbidden: async () => (await world.servers.alpha.person({ mayShare: false })).ask("POST", "/invites", {}),
    "peer-not-allowed": () => alice.ask("POST", "/contacts", { token: "0123456789", provider: "denied.example" }),
    async "sender-not-trusted"() {
      const carol = await world.servers.invited.person();
      return peer.post(world.servers.invited, { path: "/ocm/shares", json: peer.notice(carol.address) });
    },
    "owner-host": () => notice({ owner: `owner@${third.host}` }),
    "recipient-unknown": () => notice({ shareWith: `nobody@${world.servers.alpha.host}` }),
    "share-type-unsupported": () => notice({ shareType: "group" }),
    "resource-type-unsupported": () => notice({ resourceType: "calendar" }),
    "protocol-unsupported": () => notice({ protocol: { name: "multi", ssh: { uri: "x@y.example:22/z" } } }),
    async "requirement-missing"() {
      const carol = await world.servers.strict.person();
      return peer.post(world.servers.strict, { path: "/ocm/shares", json: peer.notice(carol.address) });
    },
    async "share-conflict"() {
      const providerId = "used-twice";
      await notice({ providerId });
      return notice({ providerId, name: "Another name" });
    },
    "share-unknown": () => notify("SHARE_ACCEPTED"),
    async "share-ended"() {
      const { id } = await received();
      await alice.leave(id);
      return alice.ask("POST", `/shares/received/${id}/accept`);
    },
    async "share-not-pending"() {
      const { id } = await received();
      await alice.acceptShare(id);
      return alice.ask("POST", `/shares/received/${id}/decline`);
    },
    "share-not-accepted": async () => alice.open((await received()).id),
    "notification-unknown": () => notify("SOMETHING"),
    "notification-unsupported": () => notify("REQUEST_RESHARE"),
    "invite-unknown": () =>
      post({
        path: "/ocm/invite-accepted",
        json: { recipientProvider: peer.host, token: "no-such-token", userID: "m", email: "", name: "M" },
      }),
    "invite-malformed": () => alice.ask("POST", "/contacts", { invite: "%%%-0123-%%%" }),
    "invite-own": async () => alice.ask("POST", "/contacts", { invite: (await alice.invite()).invite }),
    async "invite-used"() {
      const { token } = await alice.invite();
      const json = { recipientProvider: peer.host, token, userID: "mallory", email: "", name: "M" };
      await post({ path: "/ocm/invite-accepted", json });
      return post({ path: "/ocm/invite-accepted", json });
    },
    "path-invalid": async () => alice.ask("GET", `/shares/received/${(await received()).id}/content/a%2Fb`),
    "resource-missing": () => share({ path: "/nothing" }),
    "precondition-failed": () => dav("PUT", "/file.txt", { "if-match": '"another"' }, "text"),
    async "range-invalid"() {
      const { id, from } = await received();
      await alice.acceptShare(id);
      from.script = ({ path }) => (path.startsWith("/dav/") ? { status: 416, body: "" } : undefined);
      return alice.ask("GET", `/shares/received/${id}/content`, undefined, { range: "bytes=1000-" });
    },
    "depth-infinite": () => dav("PROPFIND", "/", { depth: "infinity" }),
    locked: () => writing(423),
    "no-space": () => writing(507),
    conflict: () => dav("MKCOL", "/no/such/parent", {}),
    async "second-factor"() {
      const protocol = {
        name: "multi",
        webdav: { uri: "x", sharedSecret: "a-shared-secret", permissions: ["read"], requirements: ["must-use-mfa"] },
      };
      await notice({ protocol, name: "guarded" });
      const id = (await alice.received()).find(({ name }) => name === "guarded")?.id ?? "";
      await alice.acceptShare(id);
      return alice.open(id);
    },
    async "peer-unreachable"() {
      const { id, from } = await received();
      await alice.acceptShare(id);
      await from.down();
      return alice.open(id);
    },
    async "peer-refused"() {
      const { id } = await received(401);
      await alice.acceptShare(id);
      return alice.open(id);
    },
    "peer-incompatible": () => writing(501),
  };

  it.each(definitions)("$code is provoked, and answered with $status", async ({ code, status, message, next }) => {
    const provoke = provocations[code];
    if (provoke === undefined) throw new Error(`Nothing here provokes ${code}: drive it, or remove it from the table.`);
    const answer = await provoke();
    expect(answer.status, answer.text).toBe(status);
    if (answer.text.startsWith("<?xml")) {
      expect(answer.text).toContain(`<s:exception>${code}</s:exception>`);
      return;
    }
    expect(answer.json).toMatchObject({ code, next });
    expect(answer.json.message).toMatch(/^\S.*[.?]$/s);
    expect(message).toMatch(/^[A-Z].*[.?]$/);
  });

  it("is one of the table, so that no provocation outlives its code", () => {
    expect(Object.keys(provocations).sort()).toEqual(definitions.map(({ code }) => code).sort());
  });

  it("says nothing of what went wrong inside", async () => {
    const answer = await provocations.internal?.();
    expect(answer?.text).not.toContain("disk");
  });
});
