import { mkdir } from "node:fs/promises";
import type { Child, Children } from "../bench/process/children.ts";
import type { OursCalls } from "../bench/servers/ours.ts";
import { PLAYERS_BELOW } from "./players.ts";

const OURS = new URL("../bench/servers/ours.ts", import.meta.url);
/** Opening a database of ten million shares may take its time. */
const START_MS = 300_000;

/** The bench's server under test, with SQLite, for which `PLAYERS_BELOW` names peers. */
export interface Running {
  child: Child<OursCalls>;
  origin: string;
  /** Milliseconds from the wish to start in a process that is there, until discovery is answered. */
  started: number;
}

/**
 * @param port the one that its database knows, where it was up before: an OCM Address has it
 * @throws Error when discovery is not answered
 */
export async function startServer(children: Children, name: string, folder: string, port?: number): Promise<Running> {
  await mkdir(folder, { recursive: true });
  const child = children.start<OursCalls>(`${name}: the server under test`, OURS);
  // Answered when all of its code is loaded, which takes longer than all the rest and is always the same.
  await child.call("held", null);
  const begun = performance.now();
  const setup = { folder, peersBelow: PLAYERS_BELOW, ...(port === undefined ? {} : { port }) };
  const origin = await child.call("start", setup, START_MS);
  const answer = await fetch(`${origin}/.well-known/ocm`);
  if (!answer.ok) throw new Error(`Discovery was answered with ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
  return { child, origin, started: performance.now() - begun };
}
