import type { KeyRecord, PeerRecord } from "../ports/records.ts";
import type { Page, PageRequest, Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import { publishedJwk } from "../signing/jwk.ts";
import { importMaterial, unwrap, wrappingKey } from "../signing/key-material.ts";
import type { Keyring } from "../signing/keyring.ts";
import type { ManagedPeerClient } from "./client.ts";

/** What an operator's commands and pages need beside the use cases. Not for the users of a file server. */
export interface OperatorApi {
  /** The servers that this one has turned to, by host, with what is known of their health. No peer is asked. */
  peers(page: PageRequest): Promise<Page<PeerView>>;
  /** This server's signing keys, oldest first. */
  keys(): Promise<KeyView[]>;
  /**
   * Publishes a new signing key, which signs from its `activeAt` on. While a rotation is under way no other begins: then it is that
   * one's key.
   */
  rotateKeys(): Promise<KeyView>;
  /** Version of the database's schema; null for a Store of your own. */
  schema(): Promise<number | null>;
}

export interface PeerView {
  /** Canonical host[:port]. */
  host: string;
  /** `refused`: by the trust policy of this server. */
  state: "reachable" | "unreachable" | "refused";
  /** Its own name and version of the protocol, from its last good discovery document. */
  provider: string | null;
  apiVersion: string | null;
  /** Consecutive failures, and since when it is taken for unreachable, in milliseconds since the Unix epoch. */
  failures: number;
  unreachableSince: number | null;
  lastError: PeerRecord["lastError"];
  lastSeenAt: number | null;
  /** When discovery was last read. */
  discoveredAt: number | null;
}

export interface KeyView {
  /** `kid` in the JWK Set and `keyid` in signatures. */
  kid: string;
  /** `next`: published, and signs from `activeAt` on. `retiring`: signs no more, and is published until `goneAt`. */
  state: "next" | "active" | "retiring";
  createdAt: number;
  activeAt: number;
  goneAt: number | null;
}

export interface OperatorDependencies {
  store: Pick<Store, "peers" | "keys">;
  peers: Pick<ManagedPeerClient, "health">;
  trust: TrustPolicy;
  keyring: Pick<Keyring, "refresh" | "rotate" | "activeSigningKey">;
  system: Pick<System, "now">;
  /** Scheme and host[:port]. */
  origin: string;
  encryptionKey: string | undefined;
  schema: OperatorApi["schema"];
}

export function operatorApi(dependencies: OperatorDependencies): OperatorApi {
  const { store, peers, trust, keyring, schema } = dependencies;
  const keys = async () => {
    await keyring.refresh();
    const records = await store.keys.list();
    return records
      .filter(({ use }) => use === "sign")
      .sort((one, other) => one.activeAt - other.activeAt)
      .map((record) => keyView(dependencies, record));
  };
  return {
    async peers(page) {
      const { items, next } = await store.peers.list(page);
      const views = items.map(async (record) => peerView((await peers.health(record.host)) ?? record, trust));
      return { items: await Promise.all(views), ...(next === undefined ? {} : { next }) };
    },
    keys,
    async rotateKeys() {
      const { kid } = await keyring.rotate();
      const rotated = (await keys()).find((key) => key.kid === kid);
      if (rotated === undefined) throw new Error("The new key is not in the store.");
      return rotated;
    },
    schema,
  };
}

function peerView(record: PeerRecord, trust: TrustPolicy): PeerView {
  const { host, discovery, failures, unreachableSince, lastError, lastSeenAt, fetchedAt } = record;
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  const state = unreachableSince === null ? "reachable" : "unreachable";
  return {
    host,
    state: trust.refuse(host) === null ? state : "refused",
    provider: text(discovery?.provider),
    apiVersion: text(discovery?.apiVersion) ?? text(discovery?.version),
    failures,
    unreachableSince,
    lastError,
    lastSeenAt,
    discoveredAt: fetchedAt,
  };
}

function keyView({ keyring, origin, encryptionKey, system }: OperatorDependencies, record: KeyRecord): KeyView {
  const wrapping = encryptionKey === undefined ? undefined : wrappingKey(encryptionKey);
  const { kid } = publishedJwk(importMaterial("sign", unwrap(record, wrapping)), new URL(origin).origin);
  const isActive = kid === keyring.activeSigningKey().kid;
  const { createdAt, activeAt, goneAt } = record;
  return {
    kid,
    state: isActive ? "active" : activeAt > system.now() ? "next" : "retiring",
    createdAt,
    activeAt,
    goneAt,
  };
}
