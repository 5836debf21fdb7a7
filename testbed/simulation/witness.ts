import { nameOf, type Told } from "./ledger.ts";
import type { Network, Passing } from "./network.ts";
import type { SimulationReport } from "./report.ts";

/** Somebody who writes down credentials that go over the network, and tries what they open. */
export interface Witness {
  /** A request about a share was answered with success. */
  saw(told: Told, passing: Passing): void;
  /** The end of a share was answered for: what was written down is tried at once. */
  ended(told: Told): void;
  /** Tries once more all that ought to be closed. */
  result(): Promise<SimulationReport["invariants"][number]>;
}

/** The name under which the witness asks: nobody's server, and in no count. */
export const NOBODY = "nobody.invalid";

/** How many credentials are written down; the others are as good. */
const MOST = 300;
const NAMED = 10;
const PATIENCE = 60_000;

interface Credential {
  told: Told;
  host: string;
  path: string;
  authorization: string;
}

export function createWitness(network: () => Network): Witness {
  const known = new Map<Told, Credential>();
  const lastAt = new Map<string, Credential>();
  const broken: string[] = [];
  const under = new Set<Promise<void>>();
  let checked = 0;

  /** The status of a GET with somebody's credential. */
  async function status(host: string, path: string, authorization: string): Promise<number> {
    const answer = await network()
      .fetch(NOBODY, {
        method: "GET",
        url: `https://${host}${path}`,
        headers: { authorization },
        connect: { refuse: () => null, timeout: PATIENCE },
        headersTimeout: PATIENCE,
        idleTimeout: PATIENCE,
      })
      .catch(() => undefined);
    answer?.body.on("error", () => undefined).destroy();
    return answer?.status ?? 0;
  }

  /** Only the server itself opens something: its success within a fault that replaces the answer is seen elsewhere. */
  function mustBeClosed({ host, authorization }: Credential, path: string, what: string): void {
    const attempt = status(host, path, authorization).then((found) => {
      checked += 1;
      if ((found < 200 || found > 299) && found !== 304) return;
      if (broken.length < NAMED) broken.push(`${what} was opened with ${found}`);
    });
    under.add(attempt);
    void attempt.finally(() => under.delete(attempt));
  }

  return {
    saw(told, { to, path, method, headers }) {
      const { authorization } = headers;
      if (authorization === undefined || method !== "GET" || known.size >= MOST || known.has(told)) return;
      const credential = { told, host: to, path, authorization };
      known.set(told, credential);
      const other = lastAt.get(to);
      lastAt.set(to, credential);
      if (other === undefined) return;
      mustBeClosed(credential, other.path, `“${nameOf(other.told.planned)}” with the credential of another share`);
    },
    ended(told) {
      const credential = known.get(told);
      // That its receiver has left, the owner's server has yet to hear.
      if (credential === undefined || told.endedBy === "receiver") return;
      mustBeClosed(credential, credential.path, `“${nameOf(told.planned)}”, which is over, with its credential`);
    },
    async result() {
      for (const credential of known.values()) {
        const { told, path } = credential;
        if (told.endedAt === null) continue;
        mustBeClosed(credential, path, `“${nameOf(told.planned)}”, which is over, with its credential`);
      }
      await Promise.all(under);
      const name = "a credential opens nothing but its own share, and not that once it is over";
      return { name, holds: broken.length === 0, checked, broken };
    },
  };
}
