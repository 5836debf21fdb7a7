import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Death, DeathPoint } from "../faults/hooks/orders.ts";
import { caller, Refused } from "../http.ts";
import { eventually } from "../scenarios/steps.ts";
import { serverDatabases } from "./databases.test-helper.ts";
import type { MortalServer } from "./mortal-server.test-helper.ts";
import { contentOf, type Pair, runningPair, sha256, statusOf } from "./pair.test-helper.ts";

const TIMEOUT = { timeout: 600_000 };
/** Milliseconds for which what a killed process was busy with may wait for others on MongoDB, and some more. */
const LONGEST_LEASE = 20_000;

/** One life that ends at a moment that was chosen. */
interface Round {
  name: string;
  victim: MortalServer;
  death: Death;
  isActor: boolean;
}

/** On MongoDB, what a killed process was busy with waits for its lease to run out, so these are fewer, and for one path. */
const ON_MONGODB = ["after-commit", "after-message", "on-request"];

/** What a token and the bytes of a file go through: nothing of it is written by the plugin. */
const WITHOUT_RECORDS = ["after-message", "on-request", "after-response"];

/** The deaths of the server on which people act, and those of the one that is told of it at these paths. */
function rounds({ database }: Pair, actor: MortalServer, other: MortalServer, paths: string[]): Round[] {
  const round = (victim: MortalServer, death: Death): Round => ({
    name: `${victim.config.name} dies ${death.at} ${death.path ?? ""} ${death.nth ?? ""}`,
    victim,
    death,
    isActor: victim === actor,
  });
  const writes: Death[] = [{ at: "before-commit" }, { at: "after-commit" }];
  const used = database.name === "SQLite" ? paths : paths.slice(-1);
  const at = (...points: DeathPoint[]) => points.flatMap((point) => used.map((path): Death => ({ at: point, path })));
  return [
    // The third write is in the middle of what follows from a decision.
    ...[
      ...writes,
      { at: "before-commit", nth: 3 } as const,
      ...at("before-message", "after-message", "after-answer"),
    ].map((death) => round(actor, death)),
    ...[...writes, ...at("on-request", "after-response")].map((death) => round(other, death)),
  ].filter(({ death }) => database.name === "SQLite" || ON_MONGODB.includes(death.at));
}

/** Does at once what people ask for, while a server dies of it; then that server runs again. */
async function dying<T>(
  { victim, death, name }: Round,
  acts: (() => Promise<T>)[],
): Promise<PromiseSettledResult<T>[]> {
  await victim.arm(death);
  const outcomes = await Promise.allSettled(acts.map((act) => act()));
  const end = await Promise.race([victim.ended(), delay(5000)]);
  if (end?.signal !== "SIGKILL") throw new Error(`It did not come to this: ${name}. ${end?.said ?? ""}`);
  await victim.start();
  return outcomes;
}

describe.concurrent.each(serverDatabases())("A process that is killed, on $name", (database) => {
  it("has announced a share once, and ended one for good once that was answered", TIMEOUT, async () => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, alpha, beta, ["/shares", "/notifications"])) {
      const old = await pair.accepted();
      expect(await contentOf(beta, old.id), round.name).toBe(sha256(old.name));
      const path = await pair.newFile();
      const [shared, ended] = await dying(round, [
        () => alpha.role.share(path, beta.account.address, ["read"]),
        () => alpha.role.unshare(old.sent),
      ]);
      if (!round.isActor) expect([shared?.status, ended?.status], round.name).toEqual(["fulfilled", "fulfilled"]);
      // What was not answered may have happened or not; it can be asked for again.
      if (ended?.status === "rejected") await alpha.role.unshare(old.sent);
      await expect(contentOf(beta, old.id), round.name).rejects.toBeInstanceOf(Refused);
      const books = await pair.settled();
      expect(statusOf(books, old.name), round.name).toEqual(["revoked", "ended"]);
      const made = statusOf(books, path.slice(1));
      if (made.length > 0 || shared?.status === "fulfilled") expect(made, round.name).toEqual(["pending", "pending"]);
    }
  });

  it("has told each answer to a share once, and accepted an invite once", TIMEOUT, async () => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, beta, alpha, ["/notifications", "/invite-accepted"])) {
      for (const { role } of [alpha, beta]) {
        for (const { id } of await role.contacts()) await role.removeContact(id);
      }
      const [taken, refused, used] = [await pair.pending(), await pair.pending(), await pair.accepted()];
      const { id: inviteId, invite } = await alpha.role.createInvite(round.name);
      const acts = [
        () => beta.role.accept(taken.id),
        () => beta.role.decline(refused.id),
        () => beta.role.leave(used.id),
        () => beta.role.acceptInvite(invite),
      ];
      const outcomes = await dying<unknown>(round, acts);
      const done = outcomes.map(({ status }) => status === "fulfilled");
      if (!round.isActor) expect(done, round.name).toEqual([true, true, true, true]);
      const kept = await Promise.all([taken, refused, used].map(({ id }) => beta.role.receivedShare(id)));
      ["accepted", "declined", "ended"].forEach((status, at) => {
        if (done[at]) expect(kept[at]?.status, round.name).toBe(status);
      });
      await Promise.all(acts.map((act, at) => (done[at] ? undefined : act())));
      const books = await pair.settled();
      expect(
        [taken, refused, used].map(({ name }) => statusOf(books, name)),
        round.name,
      ).toEqual([
        ["accepted", "accepted"],
        ["declined", "declined"],
        ["declined", "ended"],
      ]);
      // Alpha's own is an effect of the invite's record, which a killed process may still have leased.
      for (const [server, other] of [
        [beta, alpha],
        [alpha, beta],
      ] as const) {
        await eventually(
          `${round.name}: a contact`,
          async () => ((await activeContacts(server)).length > 0 ? true : undefined),
          LONGEST_LEASE,
        );
        expect(await activeContacts(server), round.name).toEqual([other.account.address]);
      }
      expect(await inviteStatus(alpha, inviteId), round.name).toBe("accepted");
    }
  });

  it("exchanges the token again, and leaves a file as it was or as it was to become", TIMEOUT, async () => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    const uploads = (["before-rename", "after-rename"] as const).map(
      (at): Round => ({ name: `alpha dies ${at}`, victim: alpha, death: { at }, isActor: false }),
    );
    const all = rounds(pair, beta, alpha, ["/token", "/dav/"]).filter(({ death }) =>
      WITHOUT_RECORDS.includes(death.at),
    );
    for (const round of [...all, ...uploads]) {
      const { id, name } = await pair.accepted();
      const content = Buffer.alloc(300_000, round.name);
      const [written] = await dying(round, [() => beta.role.write(id, "", content)]);
      const found = await contentOf(beta, id);
      if (written?.status === "fulfilled") expect(found, round.name).toBe(sha256(content));
      else expect([sha256(content), sha256(name)], round.name).toContain(found);
      await beta.role.write(id, "", content);
      expect(await contentOf(beta, id), round.name).toBe(sha256(content));
    }
  });
});

async function inviteStatus({ origin, account }: MortalServer, id: string): Promise<string | undefined> {
  const { items } = (await caller(origin, account).json("GET", "/ocm/api/v1/invites?limit=200")) as {
    items: { id: string; status: string }[];
  };
  return items.find((invite) => invite.id === id)?.status;
}

async function activeContacts({ role }: MortalServer): Promise<string[]> {
  return (await role.contacts()).filter(({ status }) => status === "active").map(({ address }) => address);
}
