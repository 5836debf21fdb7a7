import type { VirtualClock } from "./clock.ts";
import type { Tally } from "./tally.ts";
import type { VirtualServer } from "./virtual-server.ts";

/** A look at the federation while it ran; the counts are those since the begin. */
export interface Sampled {
  /** Virtual milliseconds since the begin. */
  at: number;
  backlog: number;
  messages: number;
  failed: number;
}

export interface Sampler {
  /** Looks now; gives the messages that wait to be told, in all servers. */
  look(): Promise<number>;
  /** At most so many samples, evenly spread, the last one among them. */
  samples(most: number): Sampled[];
  /** By server, the most messages that waited at one time. */
  longest(): readonly number[];
}

/** @param ignores servers whose messages are nobody's concern */
export function createSampler(
  clock: VirtualClock,
  start: number,
  servers: readonly VirtualServer[],
  tally: Tally,
  ignores: (site: number) => boolean,
): Sampler {
  const taken: Sampled[] = [];
  const longest = servers.map(() => 0);

  async function waiting(server: VirtualServer): Promise<number> {
    let count = 0;
    for await (const { to } of server.ocm().api.deliveries.list()) if (to !== null) count += 1;
    return count;
  }

  return {
    longest: () => longest,
    async look() {
      let backlog = 0;
      for (const [site, server] of servers.entries()) {
        // A server that is dead tells nothing, and nobody waits for it.
        if (ignores(site) || !server.isAlive()) continue;
        const count = await waiting(server).catch(() => 0);
        backlog += count;
        longest[site] = Math.max(longest[site] ?? 0, count);
      }
      taken.push({ at: clock.now() - start, backlog, messages: tally.messages(), failed: tally.failed() });
      return backlog;
    },
    samples(most) {
      const step = Math.ceil(taken.length / most);
      return taken.filter((_, index) => (taken.length - 1 - index) % step === 0);
    },
  };
}
