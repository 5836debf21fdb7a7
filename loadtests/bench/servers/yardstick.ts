import type { PublicIdentity } from "../identity.ts";
import { pathByName } from "../paths/all.ts";
import { serveCalls } from "../process/calls.ts";
import { listenerOf } from "../yardstick/serve.ts";
import { listen } from "./listen.ts";
import { useCalls } from "./use.ts";

export interface YardstickServerSetup {
  path: string;
  peer: PublicIdentity;
  material: unknown;
  /** An empty folder on disk. */
  folder: string;
}

const calls = {
  ...useCalls(),

  /** @returns its origin */
  start: ({ path, peer, material, folder }: YardstickServerSetup): Promise<string> =>
    listen(async (origin) => listenerOf(pathByName(path).yardstick({ origin, peer, folder }, material))),
};

export type YardstickCalls = typeof calls;

serveCalls(calls);
