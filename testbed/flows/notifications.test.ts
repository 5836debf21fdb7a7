import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "./fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Answer } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

describe.each(flowDatabases())("A notification on $name", (database) => {
  let world: Federation<"alpha" | "open">;
  let alice: Person;
  let peer: FakePeer;
  let third: FakePeer;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, open: { ocm: { trust: { signatures: "if-peer-signs" } } } });
    alice = await world.servers.alpha.person();
    await alice.put("/file.txt", "content");
    [peer, third] = [await world.fakePeer("peer"), await world.fakePeer("third")];
  });
  afterAll(() => world.close());

  function notify(notificationType: string, providerId: unknown, from = peer, more: object = {}): Promise<Answer> {
    const json = { notificationType, resourceType: "file", providerId, ...more };
    return from.post(world.servers.alpha, { path: "/ocm/notifications", json });
  }

  /** A share that alice gave to the fake peer. */
  async function sent(): Promise<string> {
    const { id, status } = await alice.share("/file.txt", `mallory@${peer.host}`);
    expect(status).toBe("pending");
    return id;
  }

  /** A share that the fake peer gave to alice; its id here, and the providerId. */
  async function received(from = peer, providerId?: string): Promise<{ id: string; providerId: string }> {
    const known = new Set((await alice.received()).map(({ id }) => id));
    const json = from.notice(alice.address, providerId === undefined ? {} : { providerId });
    expect((await from.post(world.servers.alpha, { path: "/ocm/shares", json })).status).toBe(201);
    const share = (await alice.received()).find(({ id }) => !known.has(id));
    return { id: share?.id ?? "", providerId: json.providerId };
  }

  const status = async (id: string) => (await alice.sent(id)).status;

  it("SHARE_ACCEPTED of the receiver makes the share accepted; repeating it changes nothing (NOTIF-07, G-20)", async () => {
    const id = await sent();
    expect(await notify("SHARE_ACCEPTED", id)).toMatchObject({ status: 201, json: {} });
    expect(await status(id)).toBe("accepted");
    expect((await notify("SHARE_ACCEPTED", id)).status).toBe(201);
    const decided = world.servers.alpha.decisions.filter(({ record }) => record === id).map(({ name }) => name);
    expect(decided).toEqual(["share-created", "share-accepted-by-recipient"]);
  });

  it("SHARE_DECLINED ends the share and its access; repeating it changes nothing (NOTIF-12)", async () => {
    const id = await sent();
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    expect((await peer.post(world.servers.alpha, { path: "/ocm/token", form })).status).toBe(200);
    expect((await notify("SHARE_DECLINED", id)).status).toBe(201);
    expect(await status(id)).toBe("declined");
    // A signature of the same second over the same request would be the same bytes.
    world.clock.advance(1000);
    expect((await notify("SHARE_DECLINED", id)).status).toBe(201);
    const late = await peer.post(world.servers.alpha, { path: "/ocm/token", form });
    expect(late).toMatchObject({ status: 400, json: { error: "invalid_grant" } });
    expect((await notify("SHARE_ACCEPTED", id)).status).toBe(201);
    expect(await status(id)).toBe("declined");
  });

  it("SHARE_UNSHARED of the receiver after an acceptance is the same as SHARE_DECLINED (DEL-01, G-47)", async () => {
    const id = await sent();
    await notify("SHARE_ACCEPTED", id);
    expect((await notify("SHARE_UNSHARED", id)).status).toBe(201);
    expect(await status(id)).toBe("declined");
  });

  it("SHARE_UNSHARED of the sender ends the received share; repeating it changes nothing (NOTIF-14)", async () => {
    const { id, providerId } = await received();
    await alice.acceptShare(id);
    expect((await notify("SHARE_UNSHARED", providerId)).status).toBe(201);
    expect(await alice.receivedShare(id)).toMatchObject({ status: "ended", endedBy: "owner" });
    expect((await notify("SHARE_UNSHARED", providerId)).status).toBe(201);
  });

  it("of a server that takes no part in the share finds no share, and changes nothing (G-08, SIG-15)", async () => {
    const id = await sent();
    const { id: incoming, providerId } = await received();
    for (const type of ["SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED"]) {
      expect(await notify(type, id, third)).toMatchObject({ status: 401, json: { code: "signature-host" } });
    }
    const unknown = await notify("SHARE_UNSHARED", providerId, third);
    expect(unknown).toMatchObject({ status: 400, json: { code: "share-unknown" } });
    expect(await status(id)).toBe("pending");
    expect((await alice.receivedShare(incoming)).status).toBe("pending");
  });

  it("in the wrong direction finds no share: a sender cannot accept its own (G-08)", async () => {
    const { id, providerId } = await received();
    for (const type of ["SHARE_ACCEPTED", "SHARE_DECLINED"]) {
      expect(await notify(type, providerId)).toMatchObject({ status: 400, json: { code: "share-unknown" } });
    }
    expect((await alice.receivedShare(id)).status).toBe("pending");
  });

  it("is about the share of its sender where two servers use the same providerId (G-08)", async () => {
    const mine = await received();
    const other = await received(third, mine.providerId);
    expect(other.id).not.toBe(mine.id);
    expect((await notify("SHARE_UNSHARED", mine.providerId, third)).status).toBe(201);
    expect((await alice.receivedShare(other.id)).status).toBe("ended");
    expect((await alice.receivedShare(mine.id)).status).toBe("pending");
  });

  it("about an unknown share is answered with 400 RESOURCE_NOT_FOUND (G-20)", async () => {
    expect(await notify("SHARE_ACCEPTED", "no-such-share")).toMatchObject({
      status: 400,
      json: { code: "share-unknown", validationErrors: [{ name: "providerId", message: "RESOURCE_NOT_FOUND" }] },
    });
  });

  it.each([
    ["REQUEST_RESHARE", 501, "notification-unsupported"],
    ["RESHARE_UNDO", 501, "notification-unsupported"],
    ["RESHARE_CHANGE_PERMISSION", 501, "notification-unsupported"],
    ["MLS_WELCOME", 501, "notification-unsupported"],
    ["SOMETHING_ELSE", 400, "notification-unknown"],
  ])("of type %s is answered with %i %s (G-20)", async (type, expected, code) => {
    expect(await notify(type, await sent())).toMatchObject({ status: expected, json: { code } });
  });

  it("USER_REMOVED ends the contact with that person, and with nobody else (NOTIF-15, G-46)", async () => {
    for (const userID of ["gone", "stays"]) {
      const { token } = await alice.invite();
      const json = { recipientProvider: peer.host, token, userID, email: "", name: userID };
      expect((await peer.post(world.servers.alpha, { path: "/ocm/invite-accepted", json })).status).toBe(200);
    }
    const removal = { resourceType: "user" };
    expect((await notify("USER_REMOVED", "gone", third, removal)).status).toBe(201);
    expect((await alice.contacts()).filter(({ status }) => status === "active")).toHaveLength(2);
    expect((await notify("USER_REMOVED", "gone", peer, removal)).status).toBe(201);
    expect((await notify("USER_REMOVED", "gone", peer, removal)).status).toBe(201);
    const active = (await alice.contacts()).filter(({ status }) => status === "active");
    expect(active.map(({ address }) => address)).toEqual([`stays@${peer.host}`]);
  });

  it("without a signature is refused (NOTIF-18, DISC-40)", async () => {
    const json = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: await sent() };
    const refused = await peer.post(world.servers.alpha, { path: "/ocm/notifications", json, sign: false });
    expect(refused).toMatchObject({ status: 401, json: { code: "signature-missing" } });
  });

  describe("of a peer that does not sign, where such peers are let in (G-07),", () => {
    it("has to know the secret of the share", async () => {
      const { open } = world.servers;
      const carol = await open.person();
      await carol.put("/file.txt", "content");
      const old = await world.fakePeer("old", { capabilities: [], criteria: [], apiVersion: "1.0" });
      const { id } = await carol.share("/file.txt", `mallory@${old.host}`);
      const tell = (notification?: object) => {
        const json = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: id, notification };
        return old.post(open, { path: "/ocm/notifications", json, sign: false });
      };
      expect((await tell()).status).toBe(401);
      expect((await tell({ sharedSecret: "not-the-secret" })).status).toBe(401);
      expect((await carol.sent(id)).status).toBe("pending");
      expect((await tell({ sharedSecret: old.lastSecret() })).status).toBe(201);
      expect((await carol.sent(id)).status).toBe("accepted");
    });

    it("is refused when the peer advertises signatures", async () => {
      const { open } = world.servers;
      const carol = await open.person();
      await carol.put("/file.txt", "content");
      const { id } = await carol.share("/file.txt", `mallory@${peer.host}`);
      const notification = { sharedSecret: peer.lastSecret() };
      const json = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: id, notification };
      const refused = await peer.post(open, { path: "/ocm/notifications", json, sign: false });
      expect(refused).toMatchObject({ status: 401, json: { code: "signature-missing" } });
    });
  });
});
