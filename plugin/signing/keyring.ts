import type { KeyObject } from "node:crypto";
import type { PublicJwk } from "../ports/crypto.ts";
import type { KeyRecord, KeyUse } from "../ports/records.ts";
import type { Keys } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { type JwkSet, publishedJwk } from "./jwk.ts";
import { importMaterial, newMaterial, unwrap, wrap, wrappingKey } from "./key-material.ts";

const HOUR = 3_600_000;

/**
 * How long a new signing key is published before it signs: the longest time for which peers are expected to keep a JWK Set. Each
 * process of this server has to refresh its keyring within that time.
 */
export const PUBLISH_AHEAD_MS = 24 * HOUR;

/**
 * How long a signing key stays published after its successor took over: far more than the 360 seconds after which the last
 * signature made with it is stale, so that clocks that differ do no harm.
 */
export const KEEP_AFTER_MS = HOUR;

const USES: readonly KeyUse[] = ["sign", "seal", "token"];

export interface SigningKey {
  /** `kid` in the JWK Set and `keyid` in signatures. */
  kid: string;
  privateKey: KeyObject;
  /** It signs from this time on, in milliseconds since the Unix epoch. */
  activeAt: number;
}

export interface SecretKey {
  id: string;
  key: KeyObject;
}

/** The keys of this server, held in memory. Several processes may share one store. */
export interface Keyring {
  /** The key to sign with now. */
  activeSigningKey(): SigningKey;
  /** The JWK Set of this server as of now, the active key first. The same object until its content changes. */
  publicJwks(): JwkSet;
  /** The newest key of this use. */
  secretKey(use: "seal" | "token"): SecretKey;
  /** The key of this use with this id. */
  secretKey(use: "seal" | "token", id: string): SecretKey | undefined;
  /**
   * Publishes a new signing key, which signs from its `activeAt` on. While a rotation is under way it begins no other, whichever
   * process began it, but returns that one's key.
   */
  rotate(): Promise<SigningKey>;
  /** Reads the store again, for another process may have rotated, and removes keys that are no longer published. */
  refresh(): Promise<void>;
}

export interface KeyringOptions {
  store: Keys;
  system: Pick<System, "now" | "random">;
  /** Scheme and host[:port] of this server. */
  origin: string;
  /**
   * 32 bytes as hex or base64, with which private material is encrypted in the store. Keys that are there in the clear are encrypted
   * when it is first given.
   */
  encryptionKey?: string | undefined;
}

interface PublishedKey extends SigningKey {
  jwk: PublicJwk;
  generation: number;
  goneAt: number | null;
}

interface Loaded {
  /** Oldest first. */
  signing: PublishedKey[];
  secrets: Record<"seal" | "token", SecretKey[]>;
}

/**
 * Loads the keys of this server, and creates them at the first start. An id is made of use and generation, so when several
 * processes create a key at once the store takes one of them and all go on with that.
 * @throws OcmError internal, in a sentence, when the encryptionKey is missing or another one
 */
export async function openKeyring({ store, system, origin, encryptionKey }: KeyringOptions): Promise<Keyring> {
  const wrapping = encryptionKey === undefined ? undefined : wrappingKey(encryptionKey);
  const ownOrigin = new URL(origin).origin;

  async function create(use: KeyUse, generation: number, activeAt: number): Promise<void> {
    const record: KeyRecord = {
      id: `${use}-${generation}`,
      use,
      createdAt: system.now(),
      activeAt,
      retiredAt: null,
      goneAt: null,
      material: newMaterial(use, system),
      wrappedBy: null,
    };
    await store.insert(wrapping === undefined ? record : wrap(record, wrapping, system));
  }

  /** All records, oldest first, each use with at least one. */
  async function listComplete(attempts = 5): Promise<KeyRecord[]> {
    const records = await store.list();
    const missing = USES.filter((use) => !records.some((record) => record.use === use));
    if (missing.length === 0) return records.sort((a, b) => generationOf(a) - generationOf(b));
    if (attempts === 0) throw new OcmError("internal", { message: "The store does not keep the keys of this server." });
    // A wrong encryptionKey has to show before anything is written with it.
    for (const record of records) unwrap(record, wrapping);
    for (const use of missing) await create(use, 1, system.now());
    return listComplete(attempts - 1);
  }

  /** Brings one record up to date in the store: its retirement by a successor, its encryption, its removal. */
  async function settle(record: KeyRecord, successor: KeyRecord | undefined): Promise<KeyRecord | undefined> {
    let settled = record;
    if (successor !== undefined && record.retiredAt === null) {
      settled = { ...record, retiredAt: successor.activeAt, goneAt: successor.activeAt + KEEP_AFTER_MS };
    }
    if (settled.goneAt !== null && settled.goneAt <= system.now()) {
      await store.remove(record.id);
      return undefined;
    }
    if (settled.wrappedBy === null && wrapping !== undefined) settled = wrap(settled, wrapping, system);
    if (settled !== record) await store.update(settled);
    return settled;
  }

  async function load(): Promise<Loaded> {
    const records = await listComplete();
    const loaded: Loaded = { signing: [], secrets: { seal: [], token: [] } };
    for (const [index, stored] of records.entries()) {
      const { use } = stored;
      const key = importMaterial(use, unwrap(stored, wrapping));
      const successor = use === "sign" ? records.slice(index + 1).find((later) => later.use === "sign") : undefined;
      const record = await settle(stored, successor);
      if (record === undefined) continue;
      if (use === "sign") loaded.signing.push(publishedKey(record, key, ownOrigin));
      else loaded.secrets[use].push({ id: record.id, key });
    }
    return loaded;
  }

  let { signing, secrets } = await load();
  let jwks: JwkSet = { keys: [] };
  /** When the JWK Set was made, and until when it stays as it is, in milliseconds since the Unix epoch. */
  let made = { at: 0, until: 0 };

  async function refresh(): Promise<void> {
    ({ signing, secrets } = await load());
    made = { at: 0, until: 0 };
  }

  function activeSigningKey(): PublishedKey {
    const now = system.now();
    // No key is active yet where the clock was set back: then the oldest is the one that peers know.
    return present(signing.findLast(({ activeAt }) => activeAt <= now) ?? signing[0]);
  }

  function secretKey(use: "seal" | "token"): SecretKey;
  function secretKey(use: "seal" | "token", id: string): SecretKey | undefined;
  function secretKey(use: "seal" | "token", id?: string): SecretKey | undefined {
    return id === undefined ? present(secrets[use].at(-1)) : secrets[use].find((key) => key.id === id);
  }

  return {
    activeSigningKey,
    secretKey,
    refresh,

    publicJwks() {
      const now = system.now();
      // A clock may be set back.
      if (now >= made.at && now < made.until) return jwks;
      const active = activeSigningKey();
      const others = signing.filter((key) => key !== active && (key.goneAt === null || key.goneAt > now));
      const keys = [active, ...others].map(({ jwk }) => jwk);
      if (kids(keys) !== kids(jwks.keys)) jwks = { keys };
      const changes = signing.flatMap(({ activeAt, goneAt }) => [activeAt, goneAt ?? now]).filter((at) => at > now);
      made = { at: now, until: Math.min(...changes) };
      return jwks;
    },

    async rotate() {
      await refresh();
      const newest = present(signing.at(-1));
      if (newest.activeAt > system.now()) return newest;
      await create("sign", newest.generation + 1, system.now() + PUBLISH_AHEAD_MS);
      await refresh();
      return present(signing.at(-1));
    },
  };
}

function publishedKey({ id, activeAt, goneAt }: KeyRecord, privateKey: KeyObject, origin: string): PublishedKey {
  const jwk = publishedJwk(privateKey, origin);
  return { kid: jwk.kid, privateKey, activeAt, jwk, generation: generationOf({ id }), goneAt };
}

function generationOf({ id }: Pick<KeyRecord, "id">): number {
  return Number(id.slice(id.lastIndexOf("-") + 1));
}

function kids(keys: readonly PublicJwk[]): string {
  return keys.map(({ kid }) => kid).join(" ");
}

/** A keyring is never loaded without a key of each use. */
function present<T>(key: T | undefined): T {
  if (key === undefined) throw new OcmError("internal", { message: "A key of this server is missing." });
  return key;
}
