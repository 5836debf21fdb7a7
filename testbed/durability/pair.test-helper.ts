import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { settled } from "../faults/invariants.ts";
import type { RoleReceivedShare, RoleSentShare } from "../roles.ts";
import { type ServerDatabase, withMongo } from "./databases.test-helper.ts";
import { type MortalServer, mortalServer } from "./mortal-server.test-helper.ts";

/** Milliseconds after which both books have to agree: an attempt that failed is repeated after two seconds. */
const SETTLING = 20_000;

/** Alice on alpha shares with Bob on beta. */
export interface Pair extends AsyncDisposable {
  database: ServerDatabase;
  alpha: MortalServer;
  beta: MortalServer;
  /** Waits until both books agree and nothing has to be told any more. */
  settled(): Promise<Books>;
  /** Puts a file with its own name in it, and returns its path. */
  newFile(): Promise<string>;
  /** A share that Bob has received and not answered. */
  pending(): Promise<NewShare>;
  /** A share that Bob has accepted, as both know. */
  accepted(): Promise<NewShare>;
}

/** What Alice has shared, and what Bob has received. */
export interface Books {
  sent: RoleSentShare[];
  received: RoleReceivedShare[];
}

export interface NewShare {
  name: string;
  /** Its identifier at alpha. */
  sent: string;
  /** Its identifier at beta. */
  id: string;
}

/** Two servers that run, until they are disposed of with all that they keep. */
export async function runningPair(database: ServerDatabase): Promise<Pair> {
  const { mongodb } = database;
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-pair-"));
  const suffix = randomBytes(4).toString("hex");
  const make = (name: string, username: string) =>
    mortalServer({ name: `${name}-${suffix}`, username, folder, mongodb });
  const [alpha, beta] = await Promise.all([make("alpha", "alice"), make("beta", "bob")]);
  await Promise.all([alpha.start(), beta.start()]);
  let files = 0;

  const pair: Pair = {
    database,
    alpha,
    beta,
    async settled() {
      await settled([alpha.role, beta.role], SETTLING);
      const [sent, received] = await Promise.all([alpha.role.allSent(), beta.role.received()]);
      return { sent, received };
    },
    async newFile() {
      files += 1;
      const path = `/file ${files}.txt`;
      await alpha.role.putFile(path, Readable.from([path.slice(1)]));
      return path;
    },
    async pending() {
      const path = await pair.newFile();
      const sent = await alpha.role.share(path, beta.account.address, ["read", "write"]);
      const { received } = await pair.settled();
      const share = received.find(({ name }) => `/${name}` === path);
      if (share === undefined) throw new Error(`${path} has not arrived.`);
      return { id: share.id, name: share.name, sent: sent.id };
    },
    async accepted() {
      const share = await pair.pending();
      await beta.role.accept(share.id);
      await pair.settled();
      return share;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([alpha.kill(), beta.kill()]);
      for (const { config } of [alpha, beta]) {
        if (mongodb !== undefined) await withMongo(mongodb, config.name, (opened) => opened.dropDatabase());
      }
      await rm(folder, { recursive: true, maxRetries: 3 });
    },
  };
  return pair;
}

/** How the shares of this name stand: the sent ones, then the received ones. */
export function statusOf({ sent, received }: Books, share: string): string[] {
  return [...sent, ...received].filter(({ name }) => name === share).map(({ status }) => status);
}

/** SHA-256 of what the person reads of a received share, over the other server. */
export async function contentOf({ role }: MortalServer, share: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of await role.read(share, "")) hash.update(part);
  return hash.digest("hex");
}

export function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
