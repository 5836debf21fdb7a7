import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Answer } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;

describe.each(flowDatabases())("In open mode, on $name,", (database) => {
  let world: Federation<"alpha" | "busy">;

  beforeAll(async () => {
    const limits = { pendingPerSender: 2, pendingPerRecipient: 3, openInvites: 2, inviteGuesses: 3, tokenGuesses: 2 };
    const peers = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true, known: false } };
    world = await federation(database, {
      alpha: { ocm: { limits, peers } },
      busy: { ocm: { limits: { requestsPerPeer: 3 } } },
    });
  });
  afterAll(() => world.close());

  function send(peer: FakePeer, to: Person, identifier = "mallory", more = {}): Promise<Answer> {
    const sender = `${identifier}@${peer.host}`;
    return peer.post(world.servers.alpha, {
      path: "/ocm/shares",
      json: peer.notice(to.address, { sender, owner: sender, ...more }),
    });
  }

  const TOO_MANY = { status: 429, json: { code: "too-many-requests" } };

  it("a stranger's share waits with a warning", async () => {
    const alice = await world.servers.alpha.person();
    expect((await send(await world.fakePeer(), alice)).status).toBe(201);
    expect(await alice.received()).toMatchObject([{ status: "pending", warnings: ["unknown-sender"] }]);
  });

  it("one sender has no more shares waiting than is set, until they are answered", async () => {
    const { alpha } = world.servers;
    const [alice, anna] = [await alpha.person(), await alpha.person()];
    const peer = await world.fakePeer();
    expect((await send(peer, alice)).status).toBe(201);
    expect((await send(peer, anna)).status).toBe(201);
    const refused = await send(peer, alice);
    expect(refused).toMatchObject(TOO_MANY);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await send(peer, alice, "trudy")).status).toBe(201);
    const [waiting] = await anna.received();
    await anna.decline(waiting?.id ?? "");
    expect((await send(peer, alice)).status).toBe(201);
  });

  it("one person has no more shares waiting than is set, whoever they are from", async () => {
    const { alpha } = world.servers;
    const [alice, anna] = [await alpha.person(), await alpha.person()];
    const peer = await world.fakePeer();
    for (const sender of ["a", "b", "c"]) expect((await send(peer, alice, sender)).status).toBe(201);
    expect(await send(await world.fakePeer(), alice, "d")).toMatchObject(TOO_MANY);
    expect((await send(peer, anna, "e")).status).toBe(201);
  });

  it("contacts and repetitions are not counted", async () => {
    const alice = await world.servers.alpha.person();
    const peer = await world.fakePeer();
    const { token } = await alice.invite();
    const json = { recipientProvider: peer.host, token, userID: "friend", email: "", name: "A friend" };
    expect((await peer.post(world.servers.alpha, { path: "/ocm/invite-accepted", json })).status).toBe(200);
    for (let count = 0; count < 5; count += 1) expect((await send(peer, alice, "friend")).status).toBe(201);
    expect(await alice.received()).toHaveLength(5);
    expect(await send(peer, alice, "stranger")).toMatchObject(TOO_MANY);
    const again = await alice.received();
    expect(again.every(({ warnings }) => warnings.length === 0)).toBe(true);
  });

  it("a host that guesses at invites is locked out for an hour, and nobody else is", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const [peer, other] = [await world.fakePeer(), await world.fakePeer()];
    const { token } = await alice.invite();
    const guess = (from: FakePeer, guessed: string) => {
      const json = { recipientProvider: from.host, token: guessed, userID: "mallory", email: "", name: "M" };
      return from.post(alpha, { path: "/ocm/invite-accepted", json });
    };
    for (const wrong of ["wrong-token-1", "wrong-token-2", "wrong-token-3"]) {
      expect(await guess(peer, wrong)).toMatchObject({ status: 400, json: { code: "invite-unknown" } });
    }
    expect(await guess(peer, "wrong-token-4")).toMatchObject(TOO_MANY);
    expect(await guess(peer, token)).toMatchObject(TOO_MANY);
    expect((await guess(other, "wrong-token-5")).json.code).toBe("invite-unknown");
    world.clock.advance(HOUR + 1000);
    expect((await guess(peer, token)).status).toBe(200);
  });

  it("a host that guesses at codes is told to wait, and what it was really given still opens", async () => {
    const { alpha } = world.servers;
    const alice = await alpha.person();
    await alice.put("/file.txt", "content");
    const peer = await world.fakePeer();
    await alice.share("/file.txt", `mallory@${peer.host}`);
    const exchange = (code: string) => {
      world.clock.advance(1000);
      const form = { grant_type: "authorization_code", client_id: peer.host, code };
      return peer.post(alpha, { path: "/ocm/token", form });
    };
    for (const wrong of ["wrong-code-1", "wrong-code-2"]) {
      expect(await exchange(wrong)).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    }
    expect(await exchange("wrong-code-3")).toMatchObject({ status: 400, json: { error: "invalid_client" } });
    expect((await exchange(peer.lastSecret())).status).toBe(200);
    world.clock.advance(5 * MINUTE);
    expect(await exchange("wrong-code-4")).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    const refused = alpha.decisions.filter(({ name, peer: host }) => name === "token-refused" && host === peer.host);
    expect(refused).toHaveLength(4);
  });

  it("one person has no more open invites than is set", async () => {
    const alice = await world.servers.alpha.person();
    const [first] = [await alice.invite(), await alice.invite()];
    expect(await alice.ask("POST", "/invites", {})).toMatchObject(TOO_MANY);
    await alice.ask("DELETE", `/invites/${first?.id}`);
    expect((await alice.ask("POST", "/invites", {})).status).toBe(201);
  });

  it("one host has no more requests in ten seconds than is set", async () => {
    const { busy } = world.servers;
    const carol = await busy.person();
    const [peer, other] = [await world.fakePeer(), await world.fakePeer()];
    const ask = (from: FakePeer) => from.post(busy, { path: "/ocm/shares", json: from.notice(carol.address) });
    for (let count = 0; count < 3; count += 1) expect((await ask(peer)).status).toBe(201);
    const refused = await ask(peer);
    expect(refused).toMatchObject(TOO_MANY);
    expect(refused.headers["retry-after"]).toBe("10");
    expect((await ask(other)).status).toBe(201);
    world.clock.advance(10_000);
    expect((await ask(peer)).status).toBe(201);
  });
});
