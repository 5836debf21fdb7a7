import { verify } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { System } from "../ports/system.ts";
import { readCertificate } from "./certificate.ts";
import type { Lookup } from "./connector.ts";
import { createRandom } from "./random.ts";
import { createTransport } from "./transport.ts";

/** Node's timers go no further; a longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export interface MachineOptions {
  /** Replaces the machine's resolver; for tests. */
  lookup?: Lookup;
}

/** The machine that the process runs on: its clock, timers, randomness, thread pool and network. */
export function machine(options: MachineOptions = {}): System & { close(): Promise<void> } {
  const random = createRandom();
  const transport = createTransport(options.lookup);
  return {
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      let left = ms;
      do {
        await wait(Math.max(0, Math.min(left, LONGEST_TIMER)), undefined, { ref: false, signal }).catch(
          () => undefined,
        );
        left -= LONGEST_TIMER;
      } while (left > 0 && !signal?.aborted);
    },
    soon: () => new Promise((resolve) => setImmediate(resolve)),
    timeout: (ms) => AbortSignal.timeout(Math.min(ms, LONGEST_TIMER)),
    random: (_purpose, bytes) => random(bytes),
    verify: (hash, data, key, signature) =>
      new Promise((resolve) => {
        // Ed25519 has one encoding only, and a bare key object is much cheaper to hand over.
        const how = hash === null ? key : { key, dsaEncoding: "ieee-p1363" as const };
        verify(hash, data, how, signature, (error, valid) => {
          resolve(error === null && valid);
        });
      }),
    fetch: (request) => transport.fetch(request),
    resolve: (hostname) => transport.resolve(hostname),
    certificate: (hostname, port, connect) => readCertificate(hostname, port, connect, transport.resolve),
    close: () => transport.close(),
  };
}
