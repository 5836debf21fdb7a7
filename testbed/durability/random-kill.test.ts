import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { serverDatabases } from "./databases.test-helper.ts";
import { type NewShare, runningPair, statusOf } from "./pair.test-helper.ts";

const SEED = 20_261_124;
/** On MongoDB each may have to wait for the leases of a killed process. */
const ROUNDS = { SQLite: 8, MongoDB: 3 };
/** Milliseconds within which a server is killed once people have asked for everything. */
const LATEST_DEATH = 60;

/** Numbers from 0 up to 1 that follow from the seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a person did about a share, whether it was answered, and how both books stand after it. */
interface Deed {
  share: string;
  answered: boolean;
  before: string[];
  after: string[];
}

describe.each(serverDatabases())("Servers that are killed at any moment, on $name", (database) => {
  it("keep what was answered, and agree in the end", { timeout: 600_000 }, async () => {
    await using pair = await runningPair(database);
    const { alpha, beta } = pair;
    const random = randomNumbers(SEED);
    const rounds = ROUNDS[database.name];
    const deeds: Deed[] = [];
    const one = async (
      share: string,
      before: string[],
      after: string[],
      act: () => Promise<unknown>,
    ): Promise<void> => {
      const deed: Deed = { share, answered: false, before, after };
      deeds.push(deed);
      await act().then(
        () => {
          deed.answered = true;
        },
        () => undefined,
      );
    };
    const pendingBooks = ["pending", "pending"];

    for (let round = 0; round < rounds; round += 1) {
      const shares: NewShare[] = [];
      for (let made = 0; made < 3; made += 1) shares.push(await pair.pending());
      const [first, second, third] = shares;
      if (!first || !second || !third) throw new Error("There are no shares.");
      const path = await pair.newFile();
      const [victim, late] = [random() < 0.5 ? alpha : beta, random() * LATEST_DEATH];
      const everything = [
        one(path.slice(1), [], pendingBooks, () => alpha.role.share(path, beta.account.address, ["read"])),
        one(first.name, pendingBooks, ["accepted", "accepted"], () => beta.role.accept(first.id)),
        random() < 0.5
          ? one(second.name, pendingBooks, ["declined", "declined"], () => beta.role.decline(second.id))
          : one(second.name, pendingBooks, ["declined", "ended"], () => beta.role.leave(second.id)),
        one(third.name, pendingBooks, ["revoked", "ended"], () => alpha.role.unshare(third.sent)),
      ];
      await delay(late);
      await victim.kill();
      await victim.start();
      await Promise.all(everything);
    }

    const books = await pair.settled();
    for (const { share, answered, before, after } of deeds) {
      const found = statusOf(books, share);
      if (answered) expect(found, share).toEqual(after);
      else expect([before, after], share).toContainEqual(found);
    }
    // It did happen, and was not always over before the death.
    expect(deeds.filter(({ answered }) => answered).length).toBeGreaterThan(rounds);
  });
});
