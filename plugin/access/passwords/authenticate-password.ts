import { createHash } from "node:crypto";
import type { HostUsers } from "../../ports/host.ts";
import type { AppPasswords, Counters } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { sameHost } from "../../protocol/address.ts";
import { OcmError } from "../../protocol/errors.ts";
import { hashOf, readPassword } from "./password-text.ts";

export interface PasswordDeps {
  store: {
    passwords: Pick<AppPasswords, "byHash" | "used">;
    counters: Pick<Counters, "bump" | "read">;
  };
  users: Pick<HostUsers, "find">;
  system: Pick<System, "now">;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
}

const DAY = 86_400_000;
/** Wrong passwords for one user name that are answered as such within one window. */
const GUESSES = 30;
/** Milliseconds. Windows begin at multiples of it, so that all processes know when one ends. */
const WINDOW = 300_000;

/**
 * Whose app password came with a request as HTTP Basic (RFC 7617, in UTF-8). The user name has to be the person's identifier or their
 * OCM Address, and they have to have an account still. Undefined for whatever else is in the header, which need not be a guess: the
 * host may take Basic too. That it was used is noted once a day.
 */
export async function authenticatePassword(
  deps: PasswordDeps,
  authorization: string | undefined,
): Promise<{ user: string; passwordId: string } | undefined> {
  const credentials = readBasic(authorization);
  const password = credentials && readPassword(credentials.password);
  if (credentials === undefined || password === undefined) return undefined;
  const found = await deps.store.passwords.byHash(hashOf(password));
  if (found === undefined || !names(credentials.userName, found.user, deps.ownHost)) return undefined;
  if ((await deps.users.find(found.user)) === undefined) return undefined;
  const today = Math.floor(deps.system.now() / DAY) * DAY;
  if (found.lastUsedAt !== today) await deps.store.passwords.used(found.id, today);
  return { user: found.user, passwordId: found.id };
}

/**
 * How a request is refused whose credentials opened nothing: `unauthenticated`, and `too-many-requests` once there were 30 wrong ones
 * for a user name within five minutes. It counts attempts and locks nobody out: who has a right password is not asked here. No client
 * address is kept.
 */
export async function refuseCredentials(
  deps: Pick<PasswordDeps, "store" | "system">,
  authorization: string | undefined,
): Promise<OcmError> {
  const credentials = readBasic(authorization);
  if (credentials === undefined) return new OcmError("unauthenticated");
  const now = deps.system.now();
  const until = (Math.floor(now / WINDOW) + 1) * WINDOW;
  const name = createHash("sha256").update(credentials.userName.normalize()).digest("hex");
  const key = `app-password:${name}`;
  // Beyond the limit nothing is written any more, so that guessing does not keep the database busy.
  const tooMany =
    (await deps.store.counters.read(key, now)) >= GUESSES ||
    (await deps.store.counters.bump(key, now, until)) > GUESSES;
  if (!tooMany) return new OcmError("unauthenticated", { message: "The user name or the app password is wrong." });
  return new OcmError("too-many-requests", {
    message: "There were too many wrong passwords.",
    retryAfter: Math.ceil((until - now) / 1000),
  });
}

/**
 * User name and password are divided at the last colon, because our passwords have none, while an identifier may have one, as the
 * port of an OCM Address does.
 */
function readBasic(authorization: string | undefined): { userName: string; password: string } | undefined {
  const [, encoded] = /^basic +([a-z\d+/=_-]+) *$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.lastIndexOf(":");
  return colon === -1 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Programs write accents in either form, so the forms are not told apart: it is the password that tells who it is. */
function names(userName: string, user: string, ownHost: string): boolean {
  const same = (text: string) => text.normalize() === user.normalize();
  const at = userName.lastIndexOf("@");
  return same(userName) || (at > 0 && same(userName.slice(0, at)) && sameHost(userName.slice(at + 1), ownHost));
}
