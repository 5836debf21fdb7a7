import { setTimeout as delay } from "node:timers/promises";
import { NoAnswer, Refused } from "../http.ts";
import type { Role } from "../roles.ts";

/** Milliseconds for which somebody goes on with a server of their own that is away: it is started again, or its disk mended. */
const OWN_PATIENCE = 90_000;
/** Milliseconds before somebody tries again whom the server did not tell when to. */
const BEFORE_TRY = 300;
/** What one's own server answers while it cannot do its work: the database is away, or there is no room. */
const OUT_OF_ORDER = new Set([503, 507]);
/** The ends of a share that was sent. */
const OVER = new Set(["declined", "rejected", "revoked", "expired"]);

/** Something that a server has answered with success, and what has come of it. */
export interface Promised {
  what: string;
  /** Null: it has its effect. Otherwise what is the matter. */
  missing(): Promise<string | null>;
}

/** How patient people are, and where their deeds are noted. */
export interface Patience {
  /** True: their own server may be away for a while, and they try again. */
  ownServerFails: boolean;
  /** Everything that was answered with success is added here. */
  promised: Promised[];
}

/**
 * The same person, who does what somebody in front of a screen does while their own server is away for a moment: tries again, and looks first
 * whether it was done the first time. What the other server does or does not do is none of this.
 */
export function patient(role: Role, { ownServerFails, promised }: Patience): Role {
  async function again<T>(attempt: (isFirst: boolean) => Promise<T>): Promise<T> {
    const end = performance.now() + OWN_PATIENCE;
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await attempt(isFirst);
      } catch (error) {
        if (!ownServerFails || !isAway(error) || performance.now() > end) throw error;
        await delay(pauseOf(error));
      }
    }
  }
  const note = (what: string, missing: () => Promise<string | null>): void => void promised.push({ what, missing });
  const statusIn = (what: string, status: () => Promise<string>, wanted: readonly string[]) =>
    note(what, async () => {
      const found = await status();
      return wanted.includes(found) ? null : `it is ${found}`;
    });
  const receivedIn = (what: string, id: string, wanted: readonly string[]) =>
    statusIn(what, async () => (await again(() => role.receivedShare(id))).status, wanted);

  return {
    ...role,
    ownAddress: () => again(() => role.ownAddress()),
    createInvite: (text) => again(() => role.createInvite(text)),
    async acceptInvite(invite) {
      const contact = await again(() => role.acceptInvite(invite));
      statusIn(
        `an invite accepted by ${role.address}`,
        async () => (await again(() => role.contacts())).find(({ id }) => id === contact.id)?.status ?? "gone",
        ["active", "removed"],
      );
      return contact;
    },
    contacts: () => again(() => role.contacts()),
    removeContact: (id) => again(() => role.removeContact(id)),
    async share(path, ...more) {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const share = await again(async (isFirst) => {
        const made = isFirst ? [] : (await role.allSent()).filter((one) => one.name === name && !OVER.has(one.status));
        return made[0] ?? (await role.share(path, ...more));
      });
      note(`the share of “${name}”`, async () => {
        const count = (await again(() => role.allSent())).filter(({ id }) => id === share.id).length;
        return count === 1 ? null : `the sender has it ${count} times`;
      });
      return share;
    },
    sent: (id) => again(() => role.sent(id)),
    allSent: () => again(() => role.allSent()),
    async unshare(id) {
      const share = await again(() => role.unshare(id));
      statusIn(`“${share.name}” taken back`, async () => (await again(() => role.sent(id))).status, [share.status]);
      return share;
    },
    received: () => again(() => role.received()),
    receivedShare: (id) => again(() => role.receivedShare(id)),
    async accept(id) {
      const share = await again(() => role.accept(id));
      receivedIn(`“${share.name}” accepted`, id, ["accepted", "ended"]);
      return share;
    },
    async decline(id) {
      const share = await again(() => role.decline(id));
      receivedIn(`“${share.name}” declined`, id, ["declined", "ended"]);
      return share;
    },
    async leave(id) {
      const share = await again(() => role.leave(id));
      receivedIn(`“${share.name}” left`, id, ["ended"]);
      return share;
    },
    list: (id, path) => again(() => role.list(id, path)),
    read: (id, path) => again(() => role.read(id, path)),
    write: (id, path, content) => again(() => role.write(id, path, content)),
    // A stream can be sent once only.
    putFile: (path, content) =>
      typeof content === "function" ? again(() => role.putFile(path, content)) : role.putFile(path, content),
    getFile: (path) => again(() => role.getFile(path)),
    removeFile: (path) => again(() => role.removeFile(path)),
    events: () => again(() => role.events()),
  };
}

function isAway(error: unknown): boolean {
  return error instanceof NoAnswer || (error instanceof Refused && OUT_OF_ORDER.has(error.status));
}

/** Milliseconds. */
function pauseOf(error: unknown): number {
  return error instanceof Refused && error.retryAfter !== null ? error.retryAfter * 1000 : BEFORE_TRY;
}
