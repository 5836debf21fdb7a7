import { SharedArray } from "k6/data";
import type { PreparedRequest, World } from "./world.ts";

/** The folder with what was prepared for the run. */
const folder = __ENV.DATA ?? "";

const worlds = new SharedArray<World>("world", () => [JSON.parse(open(`${folder}/world.json`))]);
const requests = new SharedArray<PreparedRequest>("requests", () => JSON.parse(open(`${folder}/requests.json`)));

/** What the script finds ready. Read it once, in the init context: each access makes a copy. */
export function readWorld(): World {
  const world = worlds[0];
  if (world === undefined) throw new Error("Nothing was prepared: start this script by npm run loadtest.");
  return world;
}

/** The prepared request of this number; undefined: there are no more. */
export function prepared(number: number): PreparedRequest | undefined {
  return number < requests.length ? requests[number] : undefined;
}
