import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { bytes, count, duration } from "../../../testbed/plots/format.ts";
import type { Child } from "../../bench/process/children.ts";
import type { Scene } from "../curve.ts";
import type { PlayersCalls } from "../players-server.ts";
import { PLAYERS_SERVER } from "../programs.ts";
import { startServer } from "../server.ts";
import { PEERS } from "./facts.ts";
import type { FillerCalls } from "./filler.ts";
import type { Stored } from "./rows.ts";
import { writeTemplates } from "./templates.ts";

/** For errors and progress. */
export const NAME = "stored-shares";

const FILLER = new URL("./filler.ts", import.meta.url);
/** Rows in one transaction of the filling. */
const CHUNK = 250_000;
const TOLD_EVERY = 4 * CHUNK;
/** One index of ten million rows takes half a minute to sort. */
export const FILLING_MS = 900_000;

/** A database that can be filled, and the peers that its shares are of. */
export interface Site {
  folder: string;
  port: number;
  stored: Stored;
  players: Child<PlayersCalls>;
  filler: Child<FillerCalls>;
}

/**
 * Lets a server come to shares of every kind, and end: its rows are the filler's templates.
 * @param folder where the server keeps what it keeps
 */
export async function openSite(
  folder: string,
  { children, progress }: Pick<Scene, "children" | "progress">,
): Promise<Site> {
  progress(`${NAME}: the server makes shares of every kind`);
  const players = children.start<PlayersCalls>(`${NAME}: the peers`, PLAYERS_SERVER);
  const filler = children.start<FillerCalls>(`${NAME}: the filler`, FILLER);
  const seed = randomBytes(16).toString("hex");
  const port = await players.call("start", { seed });
  await players.call("prepare", PEERS);
  const { child, origin } = await startServer(children, NAME, folder);
  const { host } = new URL(origin);
  const receivedSecret = randomBytes(32).toString("base64url");
  const stored: Stored = { players: { seed, port }, host, receivedSecret };
  await writeTemplates(origin, join(folder, "files"), stored);
  await child.stop();
  await filler.call("adopt", { file: join(folder, "ocm.sqlite"), stored });
  return { folder, port: Number(new URL(origin).port), stored, players, filler };
}

/**
 * Fills in the shares from one number to another, while no server is up.
 * @returns bytes of the database
 */
export async function fill({ filler }: Site, from: number, to: number, progress: Scene["progress"]): Promise<number> {
  const begun = performance.now();
  const told = (what: string) => progress(`${NAME} ${count(to)}: ${what}, ${duration(performance.now() - begun)}`);
  await filler.call("begin", null, FILLING_MS);
  for (let next = from; next < to; next += CHUNK) {
    const end = Math.min(next + CHUNK, to);
    await filler.call("insert", { from: next, to: end }, FILLING_MS);
    if (end % TOLD_EVERY === 0) told(`${count(end)} shares are filled in`);
  }
  while (await filler.call("restoreIndex", null, FILLING_MS));
  const size = await filler.call("finish", null, FILLING_MS);
  told(`filled, ${bytes(size)}`);
  return size;
}
