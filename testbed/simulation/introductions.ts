import type { VirtualClock } from "./clock.ts";
import { patiently } from "./patience.ts";
import type { VirtualServer } from "./virtual-server.ts";
import type { Person } from "./world.ts";

/** People who invite each other before they share. */
export interface Introductions {
  /** Resolves once both have each other as a contact. False: it did not come about. */
  introduce(one: Person, other: Person): Promise<boolean>;
  /** How many pairs there are. */
  count(): number;
}

/** Milliseconds between two looks at whether the other side knows, and how often somebody looks. */
const LOOK_EVERY = 2_000;
const LOOKS = 5_000;
/** Milliseconds that it takes somebody to do something with an invite. */
const THINKING = 3_000;

export function createIntroductions(clock: VirtualClock, serverOf: (person: Person) => VirtualServer): Introductions {
  const pairs = new Map<string, Promise<boolean>>();

  async function invite(one: Person, other: Person): Promise<boolean> {
    const made = await patiently(clock, () => serverOf(one).ask(({ api }) => api.invites.create(one.id)));
    if (made === undefined) return false;
    await clock.sleep(THINKING);
    // Accepting twice gives the contact that is there.
    const accepted = await patiently(clock, () =>
      serverOf(other).ask(({ api }) => api.contacts.accept(other.id, made.invite)),
    );
    for (let look = 0; accepted !== undefined && look < LOOKS; look += 1) {
      const contact = await patiently(clock, () =>
        serverOf(other).ask(({ api }) => api.contacts.get(other.id, accepted.id)),
      );
      if (contact?.status === "active") return true;
      if (contact?.status !== "accepting") return false;
      await clock.sleep(LOOK_EVERY);
    }
    return false;
  }

  return {
    count: () => pairs.size,
    introduce(one, other) {
      const key = [one.index, other.index].sort((a, b) => a - b).join(" ");
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = invite(one, other);
        pairs.set(key, pair);
      }
      return pair;
    },
  };
}
