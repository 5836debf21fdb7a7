import { verify } from "node:crypto";
import type { System } from "../../plugin/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { Network } from "./network.ts";
import type { SeededBytes } from "./random.ts";

/** The machine of one server in virtual time. */
export interface VirtualSystem extends System {
  /** Ends it as a power cut does: nothing that waits for it goes on, ever. */
  die(): void;
}

export interface VirtualSystemOptions {
  /** Canonical host. */
  host: string;
  clock: VirtualClock;
  network: Network;
  random: SeededBytes;
  /** Milliseconds that its clock is ahead. */
  ahead: number;
}

/** A machine whose clock is virtual, whose network is memory and whose randomness follows from the seed. */
export function virtualSystem({ host, clock, network, random, ahead }: VirtualSystemOptions): VirtualSystem {
  let isAlive = true;
  /** What comes of it reaches nobody once the machine is dead. */
  const living = <T>(job: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      job.then(
        (value) => isAlive && resolve(value),
        (error) => isAlive && reject(error),
      );
    });
  return {
    now: () => clock.now() + ahead,
    sleep: (ms, signal) => living(clock.sleep(ms, signal)),
    soon: () => living(clock.soon()),
    timeout(ms) {
      const timer = new AbortController();
      clock.at(clock.now() + ms, () => timer.abort(new DOMException("The time is over.", "TimeoutError")));
      return timer.signal;
    },
    random: (purpose, bytes) => random(purpose, bytes),
    async verify(hash, data, key, signature) {
      // On this thread: answers of a thread pool come in any order.
      const how = hash === null ? key : { key, dsaEncoding: "ieee-p1363" as const };
      try {
        return verify(hash, data, how, signature);
      } catch {
        return false;
      }
    },
    fetch: (request) => living(network.fetch(host, request)),
    resolve: (hostname) => living(network.resolve(hostname)),
    die() {
      isAlive = false;
    },
  };
}
