import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { accepted, befriend, type Federation, federation, flowDatabases, shared } from "./federation.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

const DAY = 24 * 3600 * 1000;

describe.each(flowDatabases())("Accounts, files and contacts on $name", (database) => {
  let world: Federation<"alpha" | "beta">;

  beforeAll(async () => {
    const storage = { retentionDays: 2 };
    world = await federation(database, { alpha: { ocm: { storage } }, beta: { ocm: { storage } } });
  });
  afterAll(() => world.close());

  async function people(): Promise<[Person, Person]> {
    return [await world.servers.alpha.person(), await world.servers.beta.person()];
  }

  const becomes = (what: string, look: () => Promise<string | undefined>, wanted: string) =>
    eventually(what, async () => ((await look()) === wanted ? true : undefined));
  const sentStatus = (one: Person, id: string) => async () => (await one.sent(id)).status;
  const receivedStatus = (one: Person, id: string) => async () => (await one.receivedShare(id)).status;

  it("an account that is removed ends its shares in both directions, its invites and its contacts", async () => {
    const { alpha } = world.servers;
    const [alice, bob] = await people();
    await befriend(alice, bob);
    const given = await accepted(alice, bob);
    const taken = await accepted(bob, alice);
    const waiting = await shared(bob, alice, { path: "/waiting.txt" });
    const { invite } = await alice.invite();

    await alpha.ocm().api.userRemoved(alice.id);
    alpha.accounts.delete(alice.id);

    await becomes("the end of what she gave", receivedStatus(bob, given.received), "ended");
    expect((await bob.receivedShare(given.received)).endedBy).toBe("owner");
    await becomes("the end of what she was given", sentStatus(bob, taken.sent), "declined");
    await becomes("the end of what waited for her", sentStatus(bob, waiting.sent), "declined");
    await becomes("USER_REMOVED", async () => (await bob.contacts()).find(() => true)?.status ?? "removed", "removed");
    expect(await bob.acceptInvite(invite)).toMatchObject({ status: "failed", reason: { status: 400 } });
    const again = await bob.ask("POST", "/shares/sent", { path: "/shared.txt", shareWith: alice.address });
    expect(again.json).toMatchObject({ status: "rejected", reason: { status: 400 } });
  });

  it("removing an account again changes nothing, and nobody else is touched", async () => {
    const { alpha } = world.servers;
    const [alice, bob] = await people();
    const other = await alpha.person();
    await befriend(other, bob);
    const kept = await accepted(other, bob);
    await shared(alice, bob);
    await alpha.ocm().api.userRemoved(alice.id);
    const decided = alpha.decisions.length;
    await alpha.ocm().api.userRemoved(alice.id);
    expect(alpha.decisions.slice(decided)).toEqual([]);
    expect((await other.sent(kept.sent)).status).toBe("accepted");
    expect((await other.contacts()).filter(({ status }) => status === "active")).toHaveLength(1);
  });

  it("a file that the host moves stays shared, with all that is shared below it", async () => {
    const { alpha } = world.servers;
    const [alice, bob] = await people();
    const inner = await accepted(alice, bob, { path: "/from/inner.txt" });
    const similar = await accepted(alice, bob, { path: "/from here.txt" });
    await alpha.files.move(alice.id, "/from", "/to");
    await alpha.ocm().api.fileMoved(alice.id, "/from", "/to");
    expect(await alice.sent(inner.sent)).toMatchObject({ path: "/to/inner.txt", status: "accepted" });
    expect(await alice.sent(similar.sent)).toMatchObject({ path: "/from here.txt" });
    expect((await bob.open(inner.received)).text).toBe("The content of /from/inner.txt");
    expect((await bob.open(similar.received)).status).toBe(200);
  });

  it("a file that the host removes is no longer shared, nor is what was below it", async () => {
    const { alpha } = world.servers;
    const [alice, bob] = await people();
    const inner = await accepted(alice, bob, { path: "/old/inner.txt" });
    const similar = await accepted(alice, bob, { path: "/older.txt" });
    await alpha.files.remove(alice.id, "/old");
    await alpha.ocm().api.fileRemoved(alice.id, "/old");
    await becomes("the end of the share", receivedStatus(bob, inner.received), "ended");
    expect((await alice.sent(inner.sent)).status).toBe("revoked");
    expect((await bob.open(similar.received)).status).toBe(200);
  });

  it("a contact is removed locally, at once; shares stay, and a new invite makes it again (INV-35)", async () => {
    const [alice, bob] = await people();
    await befriend(alice, bob);
    const share = await accepted(alice, bob);
    const [contact] = await alice.contacts();
    expect((await alice.ask("DELETE", `/contacts/${contact?.id}`)).status).toBe(204);
    const active = async (one: Person) => (await one.contacts()).filter(({ status }) => status === "active");
    expect(await active(alice)).toEqual([]);
    expect(await active(bob)).toHaveLength(1);
    expect((await bob.open(share.received)).status).toBe(200);
    await befriend(alice, bob);
    expect(await active(alice)).toMatchObject([{ address: bob.address }]);
    await eventually("one contact", async () => (await active(bob)).length === 1 || undefined);
  });

  it("a contact of a server that is gone is removed as well", async () => {
    const { alpha, beta } = world.servers;
    const [alice, bob] = await people();
    await befriend(alice, bob);
    await beta.down();
    const [contact] = await alice.contacts();
    expect((await alice.ask("DELETE", `/contacts/${contact?.id}`)).status).toBe(204);
    await beta.up();
    expect(alpha.deliveries.filter(({ record }) => record === contact?.id)).toEqual([]);
  });

  it("what has ended is kept for the set time, and then forgotten on both sides; what lives is kept", async () => {
    const { alpha, beta } = world.servers;
    const [alice, bob] = await people();
    const over = await accepted(alice, bob, { path: "/over.txt" });
    const lives = await accepted(alice, bob, { path: "/lives.txt" });
    const { id } = await alice.invite();
    await alice.ask("DELETE", `/invites/${id}`);
    await alice.unshare(over.sent);
    await becomes("the end of the share", receivedStatus(bob, over.received), "ended");
    world.clock.advance(DAY);
    expect((await alice.sent(over.sent)).status).toBe("revoked");
    world.clock.advance(DAY + 1000);
    await eventually("the end of retention", async () => {
      const [sent, received] = [await alice.allSent(), await bob.received()];
      return (sent.length === 1 && received.length === 1 && (await alice.invites()).length === 0) || undefined;
    });
    expect(await alice.ask("GET", `/shares/sent/${over.sent}`)).toMatchObject({ status: 404 });
    expect((await bob.open(lives.received)).status).toBe(200);
    for (const server of [alpha, beta]) {
      expect(server.decisions.some(({ name }) => name === "record-purged")).toBe(true);
    }
  });
});
