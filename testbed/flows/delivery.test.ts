import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { accepted, befriend, type Federation, federation, flowDatabases, shared } from "./federation.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

describe.each(flowDatabases())("Delivery on $name", (database) => {
  let world: Federation<"alpha" | "beta">;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
  });
  afterAll(() => world.close());

  async function people(): Promise<[Person, Person]> {
    return [await world.servers.alpha.person(), await world.servers.beta.person()];
  }

  /** Lets time pass, and whatever was due happen. */
  async function pass(ms: number): Promise<void> {
    world.clock.advance(ms);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }

  describe("of an X-Request-Id", () => {
    const logged = (server: { told: string[] }, requestId: string) =>
      server.told.filter((line) => line.includes(`"requestId":"${requestId}"`));

    it("goes from the user's request to the peer's log and events, and comes back in the answer", async () => {
      const { alpha, beta } = world.servers;
      const [alice, bob] = await people();
      await alice.put("/a.txt", "a");
      const requestId = "Trace-me-0123456789";
      const json = { path: "/a.txt", shareWith: bob.address };
      const answer = await alice.ask("POST", "/shares/sent", json, { "x-request-id": requestId });
      expect(answer.headers["x-request-id"]).toBe(requestId);
      expect(alpha.decisions.filter((event) => event.requestId === requestId).map(({ name }) => name)).toContain(
        "share-created",
      );
      expect(beta.decisions.filter((event) => event.requestId === requestId)).toMatchObject([
        { name: "share-received", peer: alpha.host },
      ]);
      expect(beta.requests).toContainEqual(
        expect.objectContaining({ requestId, route: "/shares", status: 201, peer: alpha.host }),
      );
      expect(logged(alpha, requestId).length).toBeGreaterThan(1);
      expect(logged(beta, requestId).length).toBeGreaterThan(1);
    });

    it("is kept for what is delivered later, and goes with the use of a share too", async () => {
      const { alpha, beta } = world.servers;
      const [alice, bob] = await people();
      const { sent, received } = await shared(alice, bob);
      await alpha.down();
      const requestId = "accepted-while-away";
      const path = `/shares/received/${received}`;
      await bob.ask("POST", `${path}/accept`, undefined, { "x-request-id": requestId });
      await alpha.up();
      world.clock.advance(20 * SECOND);
      await eventually("SHARE_ACCEPTED", async () => (await alice.sent(sent)).status === "accepted" || undefined);
      expect(alpha.requests).toContainEqual(
        expect.objectContaining({ requestId, route: "/notifications", peer: beta.host }),
      );
      const reading = { "x-request-id": "reading-the-share" };
      expect((await bob.ask("GET", `${path}/content`, undefined, reading)).status).toBe(200);
      const seen = world.traffic.filter(({ requestHeaders }) => requestHeaders["x-request-id"] === "reading-the-share");
      expect(seen.some(({ server, path: asked }) => server === "alpha" && asked.startsWith("/ocm/dav/"))).toBe(true);
    });

    it.each(["short", "has space in it", "x".repeat(65), "ümlaut-in-it"])(
      "that is not well-formed is replaced: %s",
      async (requestId) => {
        const [alice] = await people();
        const sent = Buffer.from(requestId).toString("latin1");
        const answer = await alice.ask("GET", "/me", undefined, { "x-request-id": sent });
        expect(answer.headers["x-request-id"]).toMatch(/^[A-Za-z0-9-]{8,64}$/);
        expect(answer.headers["x-request-id"]).not.toBe(sent);
      },
    );
  });

  it("keeps the order of what happened to one share, whatever went wrong on the way", async () => {
    const bob = await world.servers.beta.person();
    const peer = await world.fakePeer();
    let refusals = 1;
    peer.script = ({ path }) => {
      if (path !== "/ocm/notifications" || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 503, headers: { "retry-after": "1" }, body: { message: "Maintenance." } };
    };
    await peer.post(world.servers.beta, { path: "/ocm/shares", json: peer.notice(bob.address) });
    const id = (await bob.received())[0]?.id ?? "";
    const types = () => peer.told("notifications").map(({ json }) => json.notificationType);
    await bob.acceptShare(id);
    await eventually("the first attempt", async () => (types().length === 1 ? true : undefined));
    await bob.leave(id);
    await pass(3 * SECOND);
    await eventually("both messages", async () => (types().length === 3 ? true : undefined));
    expect(types()).toEqual(["SHARE_ACCEPTED", "SHARE_ACCEPTED", "SHARE_DECLINED"]);
    await eventually("acknowledgements", async () =>
      (await bob.receivedShare(id)).deliveries.length === 0 ? true : undefined,
    );
  });

  it("of a repetition is the same message with a new signature", async () => {
    const alice = await world.servers.alpha.person({ displayName: "Alice" });
    await alice.put("/a.txt", "a");
    const peer = await world.fakePeer();
    peer.script = ({ path }) => (path === "/ocm/shares" ? { status: 500, body: "<h1>Oops</h1>" } : undefined);
    const { id } = await alice.share("/a.txt", `mallory@${peer.host}`);
    alice.account.displayName = "Alice with another name";
    world.clock.advance(3 * SECOND);
    const [first, second] = await eventually("the second attempt", async () => {
      const told = peer.told("shares");
      return told.length >= 2 ? told : undefined;
    });
    expect(second?.text).toBe(first?.text);
    expect(second?.headers.signature).not.toBe(first?.headers.signature);
    expect(second?.headers["x-request-id"]).toBe(first?.headers["x-request-id"]);
    peer.script = () => undefined;
    world.clock.advance(10 * SECOND);
    await eventually("the share", async () => (await alice.sent(id)).status === "pending" || undefined);
  });

  it("waits for a peer that is down, shows why, and is made when it is back", async () => {
    const { beta } = world.servers;
    const [alice, bob] = await people();
    await befriend(alice, bob);
    await beta.down();
    await alice.put("/waits.txt", "waits");
    const share = await alice.share("/waits.txt", bob.address);
    expect(share).toMatchObject({ status: "announcing", reason: null });
    expect(share.deliveries).toMatchObject([
      { type: "share", attempts: 1, parked: false, lastError: { code: "peer-unreachable" } },
    ]);
    await beta.up();
    world.clock.advance(20 * SECOND);
    await eventually("the share", async () => (await alice.sent(share.id)).status === "pending" || undefined);
    expect(await bob.received()).toMatchObject([{ name: "waits.txt", status: "pending" }]);
  });

  it("is hastened when the breaker finds that the peer is back, before the next attempt is due", async () => {
    const { alpha, beta } = world.servers;
    const [alice, bob] = await people();
    const shares = [await accepted(alice, bob), await accepted(alice, bob), await accepted(alice, bob)];
    const given = await accepted(bob, alice);
    await beta.down();
    for (const { sent } of shares) await alice.unshare(sent);
    await eventually("the breaker to open", async () =>
      (await alice.receivedShare(given.received)).access === "unreachable" ? true : undefined,
    );
    const before = world.traffic.length;
    expect(await alice.open(given.received)).toMatchObject({ status: 502, json: { code: "peer-unreachable" } });
    expect(await alice.receivedShare(given.received)).toMatchObject({ status: "accepted", access: "unreachable" });
    const nextAttempt = async () => {
      const waiting = (await Promise.all(shares.map(({ sent }) => alice.sent(sent)))).flatMap(
        (share) => share.deliveries,
      );
      expect(waiting).toHaveLength(3);
      return Math.min(...waiting.map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? "")));
    };
    // The pauses between attempts double, and so do those between probes, which are shorter.
    let due = await nextAttempt();
    while (due - world.clock.now() < 50 * SECOND) {
      world.clock.advance(due - world.clock.now() + 1);
      due = await eventually("the attempts that are due", async () => {
        const next = await nextAttempt();
        return next > world.clock.now() ? next : undefined;
      });
    }
    expect(world.traffic.slice(before).filter(({ server }) => server === "beta")).toEqual([]);
    await beta.up();
    world.clock.advance(41 * SECOND);
    await eventually("the end of all three", async () => {
      const received = await Promise.all(shares.map((share) => bob.receivedShare(share.received)));
      return received.every(({ status }) => status === "ended") || undefined;
    });
    expect(world.clock.now()).toBeLessThan(due);
    expect(alpha.told.some((line) => line.includes("can be reached again"))).toBe(true);
    expect(await alice.receivedShare(given.received)).toMatchObject({ status: "accepted", access: "unknown" });
  });

  it("gives up on nothing that ends a share, until somebody looks at it", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/a.txt", "a");
    const { id } = await alice.share("/a.txt", `mallory@${peer.host}`);
    await peer.down();
    await alice.unshare(id);
    world.clock.advance(91 * 24 * HOUR);
    await eventually("the end of patience", async () =>
      (await alice.sent(id)).deliveries[0]?.parked ? true : undefined,
    );
    for await (const waiting of alpha.ocm().api.deliveries.list({ host: peer.host })) {
      expect(waiting).toMatchObject({ record: id, kind: "outgoing", detail: "SHARE_UNSHARED", parked: true });
    }
    await peer.up();
    world.clock.advance(HOUR);
    await alpha.ocm().api.deliveries.retry("outgoing", id);
    await eventually("SHARE_UNSHARED", async () => peer.told("notifications")[0]);
    expect(peer.told("notifications").at(-1)?.json).toMatchObject({
      notificationType: "SHARE_UNSHARED",
      providerId: id,
    });
  });

  it("does not send what has become pointless: a share that was never sent and is taken back", async () => {
    const alice = await world.servers.alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/a.txt", "a");
    await peer.down();
    const { id } = await alice.share("/a.txt", `mallory@${peer.host}`);
    expect(await alice.unshare(id)).toMatchObject({ status: "revoked", deliveries: [] });
    await peer.up();
    for (let minute = 0; minute < 5; minute += 1) await pass(60 * SECOND);
    expect(peer.received).toEqual([]);
  });

  it("calls the hooks of the host at least once, also after a failure", async () => {
    const calls: string[] = [];
    const { alpha, beta } = world.servers;
    await beta.restart({
      hooks: {
        async onShareReceived({ user, sender, name }) {
          calls.push(`${user} got ${name} from ${sender}`);
          if (calls.length === 1) throw new Error("The host is busy.");
        },
        async onShareChanged({ user, status }) {
          calls.push(`${user} ${status}`);
        },
        async onInviteAccepted({ user, by }) {
          calls.push(`${user} is known to ${by}`);
        },
      },
    });
    const [alice, bob] = [await alpha.person(), await beta.person()];
    const got = `${bob.id} got shared.txt from ${alice.address}`;
    const { received } = await shared(alice, bob);
    world.clock.advance(3 * SECOND);
    await eventually("the second call", async () => (calls.length === 2 ? true : undefined));
    await bob.acceptShare(received);
    const { invite } = await bob.invite();
    await alice.acceptInvite(invite);
    await eventually("all calls", async () => (calls.length === 4 ? true : undefined));
    expect(calls).toEqual([got, got, `${bob.id} accepted`, `${bob.id} is known to ${alice.address}`]);
  });
});
