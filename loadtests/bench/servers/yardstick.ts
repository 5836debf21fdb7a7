import type { PublicIdentity } from "../identity.ts";
import { pathByName } from "../paths/all.ts";
import { serveCalls } from "../process/calls.ts";
import { onKoa } from "../yardstick/on-koa.ts";
import { listenerOf } from "../yardstick/serve.ts";
import { listen } from "./listen.ts";
import { useCalls } from "./use.ts";

export interface YardstickServerSetup {
  path: string;
  peer: PublicIdentity;
  material: unknown;
  /** An empty folder on disk. */
  folder: string;
  /** On a bare Koa instead of none. */
  koa: boolean;
}

const calls = {
  ...useCalls(),

  /** @returns its origin */
  start: ({ path, peer, material, folder, koa }: YardstickServerSetup): Promise<string> =>
    listen(async (origin) => {
      const listener = listenerOf(pathByName(path).yardstick({ origin, peer, folder }, material));
      return koa ? onKoa(listener) : listener;
    }),
};

export type YardstickCalls = typeof calls;

serveCalls(calls);
