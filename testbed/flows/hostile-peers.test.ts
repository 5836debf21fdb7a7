import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { davFile, type FakeAnswer, type FakePeer, type FakeRequest } from "./fake-peer.test-helper.ts";
import { accepted, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Person, SentShare } from "./person.test-helper.ts";

const SECOND = 1000;
const HTML = { headers: { "content-type": "text/html" }, body: "<!doctype html><title>Welcome</title><h1>Log in</h1>" };
const ELSEWHERE = "http://169.254.169.254/latest/meta-data/";
/** Never answers. */
const SILENCE = new Promise<FakeAnswer>(() => undefined);

const redirect = (status: number): FakeAnswer => ({ status, headers: { location: ELSEWHERE }, body: "" });

/** A body without an end, as fast as it is read. */
function endless(status = 200): FakeAnswer & { sent(): number } {
  let bytes = 0;
  const body = (async function* () {
    for (const chunk = Buffer.alloc(64 * 1024, "[1,"); ; bytes += chunk.length) yield chunk;
  })();
  return { status, headers: { "content-type": "application/json" }, body, sent: () => bytes };
}

describe.each(flowDatabases())("A peer in trouble, or that makes trouble, on $name", (database) => {
  let world: Federation<"alpha" | "beta" | "guarded">;
  let alice: Person;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {}, guarded: { ocm: { peers: {} } } });
    alice = await world.servers.alpha.person();
    await alice.put("/file.txt", "content");
  });
  afterAll(async () => {
    // Whatever they did, everybody else is served as before.
    const [carol, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    const { received } = await accepted(carol, bob);
    expect((await bob.open(received)).status).toBe(200);
    await world.close();
  });

  const share = (peer: FakePeer) => alice.share("/file.txt", `mallory@${peer.host}`);

  async function withDiscovery(answer: FakeAnswer | Promise<FakeAnswer>): Promise<FakePeer> {
    const peer = await world.fakePeer();
    peer.script = ({ method }) => (method === "GET" ? answer : undefined);
    return peer;
  }

  /** What is kept on the record of why the share did not get there. */
  function reasonOf({ reason, deliveries }: SentShare) {
    return reason ?? deliveries[0]?.lastError;
  }

  describe("in its discovery document,", () => {
    it.each([
      ["a web page", HTML, "peer-not-ocm", "web page"],
      ["no JSON", { body: "enabled=true" }, "peer-not-ocm", "not JSON"],
      ["JSON that names a key twice", { body: '{"enabled":true,"enabled":false}' }, "peer-not-ocm", "twice"],
      ["JSON deeper than 32 levels", { body: `${"[".repeat(40)}${"]".repeat(40)}` }, "peer-not-ocm", "deeper"],
      ["a document without what is required", { body: { enabled: true } }, "peer-not-ocm", "apiVersion is missing"],
      ["a lasting redirect to a metadata service", redirect(301), "peer-redirect", "169.254.169.254"],
      ["nothing", { status: 404, body: "" }, "peer-not-ocm", "is not an OCM server"],
    ])("with %s: the share is refused, and the reason kept", async (_what, answer, code, words) => {
      const peer = await withDiscovery(answer);
      const sent = await share(peer);
      expect(sent).toMatchObject({ status: "rejected", reason: { code, message: expect.stringContaining(words) } });
      expect(peer.told("shares")).toEqual([]);
    });

    it("with a body without an end: no more is read than a document may have", async () => {
      const answer = endless();
      const peer = await withDiscovery(answer);
      expect(reasonOf(await share(peer))).toMatchObject({ code: "peer-too-large" });
      const { sent } = answer;
      const read = sent();
      await delay(100);
      expect(sent()).toBe(read);
      expect(read).toBeLessThan(16 * 1024 * 1024);
    });

    it.each([
      ["a passing redirect", redirect(302), "peer-redirect"],
      ["an error of a gateway", { status: 502, body: "<h1>Bad Gateway</h1>" }, "peer-error"],
    ])("with %s: it is asked again later", async (_what, answer, code) => {
      const peer = await withDiscovery(answer);
      const sent = await share(peer);
      expect(sent.status).toBe("announcing");
      expect(reasonOf(sent)).toMatchObject({ code });
      peer.script = () => undefined;
      world.clock.advance(10 * SECOND);
      await eventually("the share", async () => (await alice.sent(sent.id)).status === "pending" || undefined);
    });

    it("with no answer at all: nobody waits for it longer than two seconds", async () => {
      const peer = await withDiscovery(SILENCE);
      const from = performance.now();
      const wanted = { path: "/file.txt", shareWith: `mallory@${peer.host}` };
      const answer = await alice.ask("POST", "/shares/sent", wanted);
      expect(answer).toMatchObject({ status: 202, json: { status: "announcing" } });
      expect(performance.now() - from).toBeLessThan(4 * SECOND);
      world.clock.advance(11 * SECOND);
      const sent = answer.json as unknown as SentShare;
      const failed = await eventually("the end of patience", async () => {
        const now = await alice.sent(sent.id);
        return now.deliveries[0]?.lastError ? now : undefined;
      });
      expect(reasonOf(failed)).toMatchObject({ code: "peer-timeout" });
      await alice.unshare(sent.id);
    });

    it("with an address for the API that nobody may be sent to: nothing goes there", async () => {
      const peer = await world.fakePeer(undefined, { endPoint: "http://169.254.169.254/ocm" });
      const sent = await share(peer);
      expect(sent).toMatchObject({ status: "rejected", reason: { code: "peer-address-refused" } });
      expect(sent.reason?.message).toContain("metadata");
    });
  });

  it("at a private address is not talked to where the operator did not permit that", async () => {
    const carol = await world.servers.guarded.person();
    await carol.put("/file.txt", "content");
    const peer = await world.fakePeer();
    const sent = await carol.share("/file.txt", `mallory@${peer.host}`);
    expect(sent).toMatchObject({ status: "rejected", reason: { code: "peer-address-refused" } });
    const refused = await peer.post(world.servers.guarded, { path: "/ocm/shares", json: peer.notice(carol.address) });
    expect(refused).toMatchObject({ status: 401, json: { code: "signature-key-unavailable" } });
    expect(refused.text).not.toMatch(/loopback|127\.0\.0\.1/);
    expect(peer.received).toEqual([]);
  });

  describe("in its answer to a share,", () => {
    async function answering(answer: FakeAnswer | Promise<FakeAnswer>): Promise<FakePeer> {
      const peer = await world.fakePeer();
      peer.script = ({ path }) => (path === "/ocm/shares" ? answer : undefined);
      return peer;
    }

    it.each([
      ["a web page", HTML, "peer-bad-answer"],
      ["a redirect to a metadata service", redirect(307), "peer-redirect"],
      ["an error of its own", { status: 500, body: "<h1>Oops</h1>" }, "peer-refused"],
    ])("with %s: it is asked again later, and the reason kept", async (_what, answer, code) => {
      const peer = await answering(answer);
      const sent = await share(peer);
      expect(sent.status).toBe("announcing");
      expect(reasonOf(sent)).toMatchObject({ code });
      peer.script = () => undefined;
      world.clock.advance(3 * SECOND);
      await eventually("the share", async () => (await alice.sent(sent.id)).status === "pending" || undefined);
    });

    it("with a refusal: the share is rejected with the peer's own words, made harmless", async () => {
      const peer = await answering({ status: 403, body: { message: `No\u0000 \u202e${"x".repeat(1000)}` } });
      const sent = await share(peer);
      expect(sent).toMatchObject({ status: "rejected", reason: { code: "peer-refused", status: 403 } });
      expect(sent.reason?.message).toMatch(/^The other server answered 403: No\s+x+$/);
      expect(sent.reason?.message.length).toBeLessThan(400);
    });

    it("with a lasting redirect: the share is rejected", async () => {
      const sent = await share(await answering(redirect(308)));
      expect(sent).toMatchObject({ status: "rejected", reason: { code: "peer-redirect" } });
    });

    it("with a body without an end: the status counts, and no more is read than an answer may have", async () => {
      const answer = endless(201);
      const sent = await share(await answering(answer));
      expect(sent).toMatchObject({ status: "pending", recipientDisplayName: null });
      expect(answer.sent()).toBeLessThan(16 * 1024 * 1024);
    });

    it("with no answer at all: the attempt ends, and is made again", async () => {
      const peer = await answering(SILENCE);
      const sending = share(peer);
      await eventually("the message", async () => peer.told("shares")[0]);
      world.clock.advance(31 * SECOND);
      const sent = await sending;
      expect(sent.status).toBe("announcing");
      await eventually("the reason", async () =>
        (await alice.sent(sent.id)).deliveries[0]?.lastError?.code === "peer-timeout" ? true : undefined,
      );
      peer.script = () => undefined;
      world.clock.advance(10 * SECOND);
      await eventually("the share", async () => (await alice.sent(sent.id)).status === "pending" || undefined);
    });
  });

  describe("in its keys,", () => {
    it.each([
      ["a web page", HTML],
      ["a redirect", redirect(302)],
      ["a body without an end", endless()],
      ["no JWK Set", { body: { keys: "none" } }],
    ])("with %s: its messages are refused, and the reason is in our log alone", async (_what, answer) => {
      const peer = await world.fakePeer();
      peer.script = ({ path }) => (path === "/ocm/jwks.json" ? answer : undefined);
      const refused = await peer.post(world.servers.alpha, { path: "/ocm/shares", json: peer.notice(alice.address) });
      expect(refused).toMatchObject({ status: 401, json: { code: "signature-key-unavailable" } });
      expect(refused.text).not.toContain("jwks.json");
    });
  });

  describe("when its share is used,", () => {
    async function given(dav: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>, more = {}) {
      const peer = await world.fakePeer();
      peer.script = (request) => (request.path.startsWith("/dav/") ? dav(request) : undefined);
      const json = peer.notice(alice.address, { name: peer.host, ...more });
      expect((await peer.post(world.servers.alpha, { path: "/ocm/shares", json })).status).toBe(201);
      const id = (await alice.received()).find(({ name }) => name === peer.host)?.id ?? "";
      await alice.acceptShare(id);
      return { peer, id };
    }

    it.each([
      ["401", { status: 401, body: "" }, 502, "peer-refused", "refused"],
      ["404", { status: 404, body: "" }, 404, "resource-missing", "refused"],
      ["403 in words", { status: 403, body: { message: "Not you." } }, 403, "forbidden", "refused"],
      ["503 in maintenance", { status: 503, body: "<h1>Maintenance</h1>" }, 502, "peer-unreachable", "unknown"],
      ["a redirect to a metadata service", redirect(302), 502, "peer-refused", "unknown"],
    ])("with %s: the share is kept, whatever it is", async (_what, answer, status, code, access) => {
      const { id } = await given(() => answer);
      expect(await alice.open(id)).toMatchObject({ status, json: { code } });
      expect(await alice.receivedShare(id)).toMatchObject({ status: "accepted", endedBy: null, access });
    });

    it.each([
      ["a web page", HTML, 502],
      ["XML that is no listing", { status: 207, body: "<a><b></a>" }, 502],
      ["XML with an entity in an entity", { status: 207, body: '<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>' }, 502],
      ["a listing without an end", endless(207), 502],
    ])("with a listing that is %s: it is refused", async (_what, answer, status) => {
      const { id } = await given(() => answer, { resourceType: "folder" });
      const listed = await alice.ask("GET", `/shares/received/${id}/entries/`);
      expect(listed.status).toBe(status);
      expect((await alice.receivedShare(id)).status).toBe("accepted");
    });

    it("with a file that breaks off: the download breaks off too, or is refused where that is known in time", async () => {
      const { id } = await given((request) =>
        request.method === "GET"
          ? {
              headers: { "content-length": "1000", "content-type": "text/plain" },
              body: (async function* () {
                yield Buffer.from("only this");
                throw new Error("The disk is gone.");
              })(),
            }
          : davFile("x", request),
      );
      const opened = await alice.open(id).catch((error: unknown) => error);
      if (!(opened instanceof Error)) expect(opened).toMatchObject({ status: 502, json: { code: "peer-unreachable" } });
      expect((await alice.receivedShare(id)).status).toBe("accepted");
    });

    it("with a token endpoint that answers with a web page: a strict share is refused, another opened by its secret", async () => {
      const requirements = ["must-exchange-token"];
      for (const [webdav, status] of [
        [{ requirements }, 502],
        [{}, 200],
      ] as const) {
        const { peer, id } = await given((request) => davFile("text", request), {
          protocol: {
            name: "multi",
            webdav: { uri: "x", sharedSecret: "a-shared-secret", permissions: ["read"], ...webdav },
          },
        });
        const serve = peer.script;
        peer.script = (request) => (request.path === "/ocm/token" ? HTML : serve(request));
        expect((await alice.open(id)).status).toBe(status);
      }
    });
  });
});
