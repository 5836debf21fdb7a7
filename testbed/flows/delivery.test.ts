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
    const alice = await world.servers.alpha.person();
    await alice.put("/a.txt", "a");
    const peer = await world.fakePeer();
    let refusals = 2;
    peer.script = ({ path }) => {
      if (path !== "/ocm/shares" || refusals === 0) return undefined;
      refusals -= 1;
      return { status: 503, body: { message: "Maintenance." } };
    };
    const { id, status } = await alice.share("/a.txt", `mallory@${peer.host}`);
    expect(status).toBe("announcing");
    await alice.unshare(id);
    for (const ms of [3, 5, 9, 17]) {
      world.clock.advance(ms * SECOND);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await eventually("the last message", async () =>
      (await alice.sent(id)).deliveries.length === 0 ? true : undefined,
    );
    const messages = peer.received.filter(({ method }) => method === "POST");
    // The owner's end came before the peer had the share: it is told of the end, since the share may have got there.
    expect(messages.at(-1)?.json).toMatchObject({ notificationType: "SHARE_UNSHARED", providerId: id });
    expect(messages.slice(0, -1).every(({ path }) => path === "/ocm/shares")).toBe(true);
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

  it("is hastened when the breaker finds that the peer is back, long before the next attempt", async () => {
    const { alpha, beta } = world.servers;
    const [alice, bob] = await people();
    const shares = [await accepted(alice, bob), await accepted(alice, bob), await accepted(alice, bob)];
    await beta.down();
    for (const { sent } of shares) await alice.unshare(sent);
    const isOpen = async () => {
      for await (const { lastError } of alpha.ocm().api.deliveries.list({ host: beta.host })) {
        if (lastError !== null) return (await alpha.ocm().operator.peers({ limit: 100 })).items;
      }
      return [];
    };
    await eventually("the breaker to open", async () =>
      (await isOpen()).some(({ host, state }) => host === beta.host && state === "unreachable") ? true : undefined,
    );
    // Each round of attempts meets the open breaker, so that the next is minutes away.
    let next = 0;
    while (next < 100 * SECOND) {
      world.clock.advance(Math.max(next, 3 * SECOND));
      await new Promise((resolve) => setTimeout(resolve, 150));
      const times = (await Promise.all(shares.map(({ sent }) => alice.sent(sent)))).flatMap(({ deliveries }) =>
        deliveries.map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? "") - world.clock.now()),
      );
      expect(times).toHaveLength(3);
      next = Math.min(...times);
    }
    await beta.up();
    const due = next;
    world.clock.advance(due - 20 * SECOND);
    await eventually("the end of all three", async () => {
      const received = await Promise.all(shares.map((share) => bob.receivedShare(share.received)));
      return received.every(({ status }) => status === "ended") || undefined;
    });
    expect(alpha.told.some((line) => line.includes("can be reached again"))).toBe(true);
  });

  it("does not send what has become pointless: a share that was never sent and is taken back", async () => {
    const { beta } = world.servers;
    const alice = await world.servers.alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/a.txt", "a");
    await peer.down();
    const { id } = await alice.share("/a.txt", `mallory@${peer.host}`);
    expect(await alice.unshare(id)).toMatchObject({ status: "revoked", deliveries: [] });
    await peer.up();
    world.clock.advance(HOUR);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(peer.received).toEqual([]);
    expect(beta.name).toBe("beta");
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
