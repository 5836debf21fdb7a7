import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { davFile } from "./fake-peer.test-helper.ts";
import { accepted, befriend, type Federation, federation, flowDatabases, shared } from "./federation.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const HOUR = 3600 * 1000;

describe.each(flowDatabases())("A share on $name", (database) => {
  let world: Federation<"alpha" | "beta" | "careful">;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {}, careful: { ocm: { trust: { mustInvite: true } } } });
  });
  afterAll(() => world.close());

  async function people(): Promise<[Person, Person]> {
    return [await world.servers.alpha.person(), await world.servers.beta.person()];
  }

  /** What the other side knows of a received share, once it has ended. */
  function ended(person: Person, id: string): Promise<unknown> {
    return eventually("the end of the share", async () => {
      const share = await person.receivedShare(id);
      return share.status === "ended" ? share : undefined;
    });
  }

  it("goes from the owner to the recipient, who accepts and reads it", async () => {
    const alice = await world.servers.alpha.person({ displayName: "Alice" });
    const bob = await world.servers.beta.person({ displayName: "Bob" });
    await alice.put("/letter.txt", "Dear Bob");
    const sent = await alice.share("/letter.txt", bob.address);
    expect(sent).toMatchObject({ status: "pending", strict: true, recipientDisplayName: "Bob", deliveries: [] });
    const [pending] = await bob.received();
    expect(pending).toMatchObject({
      status: "pending",
      name: "letter.txt",
      resourceType: "file",
      sender: alice.address,
    });
    const id = pending?.id ?? "";
    expect(await bob.open(id)).toMatchObject({ status: 409, json: { code: "share-not-accepted" } });
    expect(await bob.acceptShare(id)).toMatchObject({ status: "accepted" });
    await eventually("SHARE_ACCEPTED", async () => (await alice.sent(sent.id)).status === "accepted" || undefined);
    expect(await bob.open(id)).toMatchObject({ status: 200, text: "Dear Bob" });
    expect(await bob.receivedShare(id)).toMatchObject({ access: "ok", lastKnown: { size: 8 } });
  });

  it("is strict towards a server that exchanges tokens: its secret opens nothing (SHARE-07, SHARE-09)", async () => {
    const [alice, bob] = await people();
    const { sent, received } = await accepted(alice, bob);
    expect((await bob.receivedShare(received)).requirements).toEqual(["must-exchange-token"]);
    expect((await bob.open(received)).status).toBe(200);
    const dav = world.traffic.filter(({ path }) => path.startsWith(`/ocm/dav/${sent}`));
    const bearer = dav.map(({ requestHeaders }) => String(requestHeaders.authorization));
    expect(bearer.length).toBeGreaterThan(0);
    expect(bearer.every((value) => value.startsWith("Bearer ocm_"))).toBe(true);
  });

  it("is opened by a server that begins anew, though its token request is the same to the byte", async () => {
    const [alice, bob] = await people();
    const { received } = await accepted(alice, bob);
    expect((await bob.open(received)).status).toBe(200);
    await world.servers.beta.restart();
    expect((await bob.open(received)).status).toBe(200);
    expect(await bob.receivedShare(received)).toMatchObject({ access: "ok" });
  });

  it("of a folder is listed and read by its paths, and written to with the permission", async () => {
    const [alice, bob] = await people();
    await alice.put("/album/day one/sun & moon #1.txt", "bright");
    await alice.put("/album/note.txt", "note");
    const { received } = await accepted(alice, bob, { path: "/album/x.txt" });
    expect((await bob.receivedShare(received)).resourceType).toBe("file");
    const share = await alice.share("/album", bob.address, { permissions: ["read", "write"] });
    const { id } = await eventually("the folder", async () =>
      (await bob.received()).find(({ resourceType }) => resourceType === "folder"),
    );
    await bob.acceptShare(id);
    const listed = await bob.ask("GET", `/shares/received/${id}/entries/`);
    expect(listed.json).toMatchObject({ entry: { type: "folder" } });
    expect((listed.json.children as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      "day one",
      "note.txt",
      "x.txt",
    ]);
    expect((await bob.open(id, "day one/sun & moon #1.txt")).text).toBe("bright");
    expect((await bob.write(id, "answer.txt", "thanks")).status).toBe(201);
    expect((await bob.write(id, "answer.txt", "thank you")).status).toBe(204);
    expect(await alice.own("/album/answer.txt")).toBe("thank you");
    expect((await alice.sent(share.id)).status).not.toBe("rejected");
  });

  it("without the permission to write is not written to, whatever the recipient does", async () => {
    const [alice, bob] = await people();
    const { received } = await accepted(alice, bob);
    expect(await bob.write(received, "", "mine now")).toMatchObject({ status: 403, json: { code: "forbidden" } });
    expect(await alice.own("/shared.txt")).toBe("The content of /shared.txt");
  });

  it("is declined by the recipient: access is over, and the owner sees it (NOTIF-07, NOTIF-12)", async () => {
    const [alice, bob] = await people();
    const { sent, received } = await shared(alice, bob);
    expect(await bob.decline(received)).toMatchObject({ status: "declined" });
    await eventually("SHARE_DECLINED", async () => (await alice.sent(sent)).status === "declined" || undefined);
    expect(await bob.decline(received)).toMatchObject({ status: "declined" });
    const late = await bob.ask("POST", `/shares/received/${received}/accept`);
    expect(late).toMatchObject({ status: 409, json: { code: "share-not-pending" } });
  });

  it("is left by the recipient at once, and the owner is told later (DEL-01)", async () => {
    const [alice, bob] = await people();
    const { sent, received } = await accepted(alice, bob);
    await world.servers.alpha.down();
    expect(await bob.leave(received)).toMatchObject({ status: "ended", endedBy: "person" });
    expect(await bob.open(received)).toMatchObject({ status: 409, json: { code: "share-ended" } });
    await world.servers.alpha.up();
    world.clock.advance(20_000);
    await eventually("SHARE_DECLINED", async () => (await alice.sent(sent)).status === "declined" || undefined);
    await eventually("the acknowledgement", async () =>
      (await bob.receivedShare(received)).deliveries.length === 0 ? true : undefined,
    );
  });

  it("is taken back by the owner: access ends before the recipient is told (DEL-02)", async () => {
    const [alice, bob] = await people();
    const { sent, received } = await accepted(alice, bob);
    expect((await bob.open(received)).status).toBe(200);
    await world.servers.beta.down();
    expect(await alice.unshare(sent)).toMatchObject({ status: "revoked" });
    await world.servers.beta.up();
    world.clock.advance(20_000);
    expect(await ended(bob, received)).toMatchObject({ endedBy: "owner" });
    expect(await bob.open(received)).toMatchObject({ status: 409, json: { code: "share-ended" } });
    expect(await alice.unshare(sent)).toMatchObject({ status: "revoked" });
  });

  it("ends on both sides when its time has come (SHARE-28, G-43)", async () => {
    const [alice, bob] = await people();
    const expiresAt = new Date(world.clock.now() + HOUR).toISOString();
    const { sent, received } = await accepted(alice, bob, { expiresAt });
    expect((await bob.open(received)).status).toBe(200);
    world.clock.advance(HOUR + 1000);
    expect((await bob.open(received)).status).toBe(409);
    expect(await ended(bob, received)).toMatchObject({ endedBy: "expiry" });
    await eventually("the end at the owner", async () => (await alice.sent(sent)).status === "expired" || undefined);
  });

  it("whose time is over cannot be opened by whoever still thinks that it can", async () => {
    const alice = await world.servers.alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/brief.txt", "brief");
    const expiresAt = new Date(world.clock.now() + HOUR / 6).toISOString();
    const { id } = await alice.share("/brief.txt", `mallory@${peer.host}`, { expiresAt });
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    const granted = await peer.post(world.servers.alpha, { path: "/ocm/token", form });
    expect(granted).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
    expect(granted.json.expires_in).toBeGreaterThan(500);
    expect(granted.json.expires_in).toBeLessThanOrEqual(600);
    world.clock.advance(HOUR + 1000);
    expect(await peer.post(world.servers.alpha, { path: "/ocm/token", form })).toMatchObject({
      status: 400,
      json: { error: "invalid_grant" },
    });
    await eventually("the end of the share", async () => (await alice.sent(id)).status === "expired" || undefined);
  });

  it("that is sent again is the same share, answered as before (G-11)", async () => {
    const { beta } = world.servers;
    const bob = await beta.person({ displayName: "Bob" });
    const peer = await world.fakePeer();
    const json = peer.notice(bob.address);
    const send = () => peer.post(beta, { path: "/ocm/shares", json });
    expect(await send()).toMatchObject({ status: 201, json: { recipientDisplayName: "Bob" } });
    const [share] = await bob.received();
    await bob.acceptShare(share?.id ?? "");
    expect(await send()).toMatchObject({ status: 201, json: { recipientDisplayName: "Bob" } });
    expect(await bob.received()).toMatchObject([{ id: share?.id, status: "accepted" }]);
  });

  it("of a fake peer is opened with the token that its server gives", async () => {
    const { beta } = world.servers;
    const bob = await beta.person();
    const peer = await world.fakePeer();
    peer.script = (request) => {
      if (!request.path.startsWith("/dav/")) return undefined;
      return request.headers.authorization?.startsWith("Bearer fake_")
        ? davFile("from afar", request)
        : { status: 401 };
    };
    await peer.post(beta, { path: "/ocm/shares", json: peer.notice(bob.address) });
    const [share] = await bob.received();
    await bob.acceptShare(share?.id ?? "");
    expect(await bob.open(share?.id ?? "")).toMatchObject({ status: 200, text: "from afar" });
  });

  it("to a server that demands invites is sent to contacts only (DISC-45, G-10)", async () => {
    const { alpha, careful } = world.servers;
    const [alice, carol] = [await alpha.person(), await careful.person()];
    await alice.put("/shared.txt", "text");
    const before = world.traffic.length;
    expect(await alice.share("/shared.txt", carol.address)).toMatchObject({
      status: "rejected",
      reason: { code: "peer-incompatible", message: expect.stringContaining("invite") },
    });
    expect(world.traffic.slice(before).filter(({ path }) => path === "/ocm/shares")).toEqual([]);
    await befriend(carol, alice);
    expect(await alice.share("/shared.txt", carol.address)).toMatchObject({ status: "pending" });
    expect(await carol.received()).toMatchObject([{ warnings: [] }]);
  });

  it("from a stranger is refused by a server that demands invites (DISC-45)", async () => {
    const carol = await world.servers.careful.person();
    const peer = await world.fakePeer();
    const json = peer.notice(carol.address);
    expect(await peer.post(world.servers.careful, { path: "/ocm/shares", json })).toMatchObject({
      status: 403,
      json: { code: "sender-not-trusted" },
    });
  });
});
