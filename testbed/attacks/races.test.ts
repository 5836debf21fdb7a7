import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakePeer } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";

const ROUNDS = 10;

describe.each(flowDatabases())("At the same moment, on $name,", (database) => {
  let world: Federation<"alpha">;
  let alice: Person;
  let peer: FakePeer;
  let other: FakePeer;

  beforeAll(async () => {
    world = await federation(database, { alpha: {} });
    alice = await world.servers.alpha.person();
    [peer, other] = [await world.fakePeer(), await world.fakePeer()];
    await alice.put("/file.txt", "content");
  });
  afterAll(() => world.close());

  it("one invite is accepted once, by whichever server and person", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { token } = await alice.invite();
      const accept = (from: FakePeer, userID: string) => {
        const json = { recipientProvider: from.host, token, userID, email: "", name: userID };
        return from.post(world.servers.alpha, { path: "/ocm/invite-accepted", json });
      };
      const who = [accept(peer, "a"), accept(other, "a"), accept(peer, "b"), accept(other, "c")];
      const statuses = (await Promise.all(who)).map(({ status }) => status);
      expect(statuses.sort()).toEqual([200, 409, 409, 409]);
    }
  });

  it("a share that is accepted and taken back has ended", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const json = peer.notice(alice.address);
      await peer.post(world.servers.alpha, { path: "/ocm/shares", json });
      const pending = (await alice.received()).find(({ status }) => status === "pending");
      const end = { notificationType: "SHARE_UNSHARED", resourceType: "file", providerId: json.providerId };
      const takeBack = () => peer.post(world.servers.alpha, { path: "/ocm/notifications", json: end });
      const accept = () => alice.ask("POST", `/shares/received/${pending?.id}/accept`);
      await Promise.all(round % 2 === 0 ? [takeBack(), accept()] : [accept(), takeBack()]);
      expect(await alice.receivedShare(pending?.id ?? "")).toMatchObject({ status: "ended", endedBy: "owner" });
    }
  });

  it("a share that is announced and taken back is open to nobody, and whoever heard of it hears of its end", async () => {
    const slow = await world.fakePeer();
    slow.script = async ({ path }) => {
      if (path === "/ocm/shares") await delay(Math.random() * 30);
      return undefined;
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      const made = world.servers.alpha.ocm().api.sent.create(alice.id, {
        path: "/file.txt",
        shareWith: `mallory@${slow.host}`,
      });
      const newest = await eventually("the share", async () => {
        const all = await alice.allSent();
        return all.length > round ? all[0] : undefined;
      });
      await delay(Math.random() * 20);
      await alice.unshare(newest.id);
      await made;
    }
    expect((await alice.allSent()).every(({ status }) => status === "revoked")).toBe(true);
    const ids = (endpoint: string) =>
      slow
        .told(endpoint)
        .map(({ json }) => String(json.providerId))
        .sort();
    await eventually("the ends", async () => ids("notifications").length === ids("shares").length || undefined);
    expect(new Set(ids("notifications"))).toEqual(new Set(ids("shares")));
  });
});
