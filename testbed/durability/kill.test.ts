import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type Books, settled } from "./books.test-helper.ts";
import { type ServerDatabase, serverDatabases, withMongo } from "./databases.test-helper.ts";
import type { Death } from "./deaths.test-helper.ts";
import { type MortalServer, mortalServer } from "./mortal-server.test-helper.ts";

/** Milliseconds after which both books have to agree: an attempt that failed is repeated after two seconds. */
const SETTLING = 20_000;
const LONGEST_TEST = 90_000;

/** Where the server dies on which a person acts. */
const actorDeaths = (path: string): Death[] => [
  { at: "before-commit" },
  { at: "after-commit" },
  { at: "before-message", path },
  { at: "after-message", path },
  { at: "after-answer", path },
  // The answer is there: what it means is about to be written, or is.
  { at: "before-commit", nth: 3 },
];
/** Where the server dies that is told of it. */
const otherDeaths = (path: string): Death[] => [
  { at: "on-request", path },
  { at: "before-commit" },
  { at: "after-commit" },
  { at: "after-response", path },
];

interface Pair {
  database: ServerDatabase;
  alpha: MortalServer;
  beta: MortalServer;
}

/** One life that ends at a moment that was chosen. */
interface Round {
  name: string;
  victim: MortalServer;
  death: Death;
  isActor: boolean;
}

/** On MongoDB, what a killed process was busy with waits for its lease to run out; so each test has that once. */
const ON_MONGODB = ["after-commit", "after-message", "on-request"];

function rounds({ database }: Pair, actor: MortalServer, other: MortalServer, path: string): Round[] {
  const round = (victim: MortalServer, death: Death): Round => ({
    name: `${victim.config.name} dies ${death.at} ${death.nth ?? ""} ${death.path ?? ""}`,
    victim,
    death,
    isActor: victim === actor,
  });
  return [
    ...actorDeaths(path).map((death) => round(actor, death)),
    ...otherDeaths(path).map((death) => round(other, death)),
  ].filter(({ death }) => database.name === "SQLite" || ON_MONGODB.includes(death.at));
}

/** Does what a person asks for while a server dies of it; then that server runs again. */
async function dying<T>({ victim, death, name }: Round, act: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  await victim.arm(death);
  const [outcome] = await Promise.allSettled([act()]);
  const end = await Promise.race([victim.ended(), delay(5000)]);
  if (end?.signal !== "SIGKILL") throw new Error(`It did not come to this: ${name}. ${end?.said ?? ""}`);
  await victim.start();
  return outcome;
}

describe.concurrent.each(serverDatabases())("A process that is killed, on $name", (database) => {
  it("has announced a share once, or never where nobody was told of it", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, alpha, beta, "/shares")) {
      const path = await newFile(alpha);
      const outcome = await dying(round, () => alpha.role.share(path, beta.account.address, ["read"]));
      const books = await settled(alpha, beta, SETTLING);
      const made = named(books, path);
      if (!round.isActor || outcome.status === "fulfilled") expect(made, round.name).toEqual(["pending", "pending"]);
      else if (isBefore(round)) expect(made, round.name).toEqual([]);
      else expect(made, round.name).toEqual(["pending", "pending"]);
    }
  });

  it("has told each answer to a share once", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, beta, alpha, "/notifications")) {
      const [taken, refused, used] = [await pending(pair), await pending(pair), await pending(pair)];
      await beta.role.accept(used.id);
      await settled(alpha, beta, SETTLING);
      const answers: [string, () => Promise<unknown>][] = [
        [taken.name, () => beta.role.accept(taken.id)],
        [refused.name, () => beta.role.decline(refused.id)],
        [used.name, () => beta.role.leave(used.id)],
      ];
      const outcome = await dying(round, () => Promise.allSettled(answers.map(([, answer]) => answer())));
      const answered = outcome.status === "fulfilled" ? outcome.value.map(({ status }) => status) : [];
      if (!round.isActor) expect(answered, round.name).toEqual(Array(3).fill("fulfilled"));
      // What was answered is durable, and what was not can be said again.
      const kept = await Promise.all([taken, refused, used].map(({ id }) => beta.role.receivedShare(id)));
      const wanted = ["accepted", "declined", "ended"];
      answered.forEach((status, at) => {
        if (status === "fulfilled") expect(kept[at]?.status, round.name).toBe(wanted[at]);
      });
      await Promise.all(answers.map(([, answer]) => answer()));
      const books = await settled(alpha, beta, SETTLING);
      expect(
        [taken, refused, used].map(({ name }) => named(books, `/${name}`)),
        round.name,
      ).toEqual([
        ["accepted", "accepted"],
        ["declined", "declined"],
        ["declined", "ended"],
      ]);
    }
  });

  it("has ended a share for good once that was answered", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, alpha, beta, "/notifications")) {
      const { id, name, sent } = await accepted(pair);
      expect(await contentOf(beta, id), round.name).toBe(sha256(name));
      const outcome = await dying(round, () => alpha.role.unshare(sent));
      if (!round.isActor) expect(outcome.status, round.name).toBe("fulfilled");
      if (outcome.status === "rejected") await alpha.role.unshare(sent);
      await expect(contentOf(beta, id), round.name).rejects.toThrow(/403|404|410|502|share-ended|refused/);
      const books = await settled(alpha, beta, SETTLING);
      expect(named(books, `/${name}`), round.name).toEqual(["revoked", "ended"]);
    }
  });

  it("has accepted an invite once, and made one contact on each side", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    for (const round of rounds(pair, beta, alpha, "/invite-accepted")) {
      for (const { role } of [alpha, beta]) {
        for (const { id } of await role.contacts()) await role.removeContact(id);
      }
      const { id, invite } = await alpha.role.createInvite(round.name);
      const outcome = await dying(round, () => beta.role.acceptInvite(invite));
      if (outcome.status === "rejected") await beta.role.acceptInvite(invite);
      const { sender, receiver } = await settled(alpha, beta, SETTLING);
      const active = (books: Books) => books.contacts.filter(({ status }) => status === "active");
      expect(
        active(sender).map(({ address }) => address),
        round.name,
      ).toEqual([beta.account.address]);
      expect(
        active(receiver).map(({ address }) => address),
        round.name,
      ).toEqual([alpha.account.address]);
      expect(sender.invites.find((one) => one.id === id)?.status, round.name).toBe("accepted");
    }
  });

  it("exchanges the token again", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    const tokens = rounds(pair, beta, alpha, "/token").filter(({ death }) => death.path !== undefined);
    for (const round of tokens) {
      const { id, name } = await accepted(pair);
      await dying(round, () => contentOf(beta, id));
      expect(await contentOf(beta, id), round.name).toBe(sha256(name));
      await settled(alpha, beta, SETTLING);
    }
  });

  it("leaves a file as it was, or as it was to become", { timeout: LONGEST_TEST }, async () => {
    await using pair = await running(database);
    const { alpha, beta } = pair;
    const writes: Death[] = [{ at: "before-rename" }, { at: "after-rename" }];
    const all = rounds(pair, beta, alpha, "/dav/").filter(({ death }) => death.path !== undefined);
    const [first] = all;
    if (first === undefined) throw new Error("There are no rounds.");
    for (const death of writes) all.push({ name: `alpha dies ${death.at}`, victim: alpha, death, isActor: false });
    for (const round of all) {
      const { id, name } = await accepted(pair);
      const content = Buffer.alloc(300_000, round.name);
      const outcome = await dying(round, () => beta.role.write(id, "", content));
      const found = await contentOf(beta, id);
      if (outcome.status === "fulfilled") expect(found, round.name).toBe(sha256(content));
      else expect([sha256(content), sha256(name)], round.name).toContain(found);
      await beta.role.write(id, "", content);
      expect(await contentOf(beta, id), round.name).toBe(sha256(content));
    }
  });
});

/** Two servers that run, until the test is over. */
async function running(database: ServerDatabase): Promise<Pair & AsyncDisposable> {
  const { mongodb } = database;
  const folder = await mkdtemp(join(tmpdir(), "killed-"));
  const suffix = randomBytes(4).toString("hex");
  const make = (name: string, username: string) =>
    mortalServer({ name: `${name}-${suffix}`, username, folder, mongodb });
  const [alpha, beta] = await Promise.all([make("alpha", "alice"), make("beta", "bob")]);
  await Promise.all([alpha.start(), beta.start()]);
  return {
    database,
    alpha,
    beta,
    async [Symbol.asyncDispose]() {
      await Promise.all([alpha.kill(), beta.kill()]);
      for (const { config } of [alpha, beta]) {
        if (mongodb !== undefined) await withMongo(mongodb, config.name, (opened) => opened.dropDatabase());
      }
      await rm(folder, { recursive: true, maxRetries: 3 });
    },
  };
}

/** Was the process dead before anything was durable? */
function isBefore({ death }: Round): boolean {
  return death.at === "before-commit" && (death.nth ?? 1) === 1;
}

let files = 0;

/** Puts a file with its own name in it. */
async function newFile({ role }: MortalServer): Promise<string> {
  files += 1;
  const path = `/file ${files}.txt`;
  await role.putFile(path, Readable.from([path.slice(1)]));
  return path;
}

/** A share that beta has received and not answered. */
async function pending({ alpha, beta }: Pair) {
  const path = await newFile(alpha);
  const sent = await alpha.role.share(path, beta.account.address, ["read", "write"]);
  const { receiver } = await settled(alpha, beta, SETTLING);
  const share = receiver.received.find(({ name }) => `/${name}` === path);
  if (share === undefined) throw new Error(`${path} has not arrived.`);
  return { id: share.id, name: share.name, sent: sent.id };
}

/** A share that beta has accepted, as both know. */
async function accepted(pair: Pair) {
  const share = await pending(pair);
  await pair.beta.role.accept(share.id);
  await settled(pair.alpha, pair.beta, SETTLING);
  return share;
}

/** How the sent shares of this name stand, then the received ones. */
function named({ sender, receiver }: { sender: Books; receiver: Books }, path: string): string[] {
  return [...sender.sent, ...receiver.received].filter(({ name }) => `/${name}` === path).map(({ status }) => status);
}

async function contentOf({ role }: MortalServer, share: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of await role.read(share, "")) hash.update(part);
  return hash.digest("hex");
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
