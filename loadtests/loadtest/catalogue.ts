import { SIGNED_LOADS } from "../k6/shared/loads.ts";
import type { Load, ProfileName } from "../k6/shared/profiles.ts";

/** What has to be there before a script starts. */
export type Material =
  /** Nothing but the servers. */
  | { kind: "none" }
  /** Other servers whose keys are published. */
  | { kind: "peers" }
  /** Requests signed by them: shares, exchanges of secrets, notifications. */
  | { kind: "signed"; what: "share-intake" | "token" | "notifications"; load: Load }
  /** A folder of `size` files, a file of `size` bytes, a folder to write into, or a tree, shared with somebody. */
  | { kind: "folder" | "file" | "writable" | "tree" }
  /** So many shares that somebody was given. */
  | { kind: "received" }
  /** So many people without accounts. */
  | { kind: "recipients" }
  /** Hosts that do not answer. */
  | { kind: "dead" };

/** A script of `loadtests/k6`. */
export interface Script {
  /** What it does, in one line. */
  line: string;
  /** Servers that it needs. */
  servers: 1 | 2 | 20;
  /** It needs accounts on them. */
  accounts: boolean;
  material: Material;
  /** Sizes that can be asked for, the first one in smoke, the second one else. */
  sizes?: readonly [number, number, ...number[]];
  /** Recipients, or shares in a list: in smoke, and else. */
  counts?: readonly [number, number];
}

const KIB = 1024;
const bytes = [KIB, KIB ** 2, KIB ** 3] as const;
const entries = [10, 1000, 100_000] as const;
const signed = (what: keyof typeof SIGNED_LOADS): Material => ({ kind: "signed", what, load: SIGNED_LOADS[what] });
const two = { servers: 2, accounts: true } as const;
const one = { servers: 1, accounts: true } as const;
const bare = { servers: 1, accounts: false } as const;

/** Every script, in the order in which all of them run: those last that leave a server with much to do. */
const SCRIPTS = {
  discovery: { line: "the discovery document", ...bare, material: { kind: "none" } },
  jwks: { line: "the public keys", ...bare, material: { kind: "none" } },
  "share-intake": { line: "signed shares from other servers", ...bare, material: signed("share-intake") },
  token: { line: "secrets are exchanged for access tokens", ...one, material: signed("token") },
  notifications: { line: "signed notifications: share accepted", ...one, material: signed("notifications") },
  "invite-accept": { line: "invites are made, and accepted by other servers", ...one, material: { kind: "peers" } },
  propfind: { line: "a folder of 10, 1,000 or 100,000 files", ...one, material: { kind: "folder" }, sizes: entries },
  get: { line: "a file, whole and in ranges", ...one, material: { kind: "file" }, sizes: bytes },
  put: { line: "a file is written", ...one, material: { kind: "writable" }, sizes: bytes },
  "upload-download": { line: "a file is written, read and removed", ...one, material: { kind: "writable" } },
  "navigate-file-tree": { line: "a walk down a shared tree of folders", ...one, material: { kind: "tree" } },
  "sync-noise": { line: "the polling of programs that keep folders in step", ...one, material: { kind: "folder" } },
  "flow-two-servers": { line: "invite, share, accept, read, unshare", ...two, material: { kind: "none" } },
  "add-remove-user-share": { line: "share with somebody and take it back", ...two, material: { kind: "none" } },
  "list-thousand": {
    line: "1,000 received shares are listed",
    ...one,
    material: { kind: "received" },
    counts: [50, 1000],
  },
  "one-to-thousand": {
    line: "one file is shared with 1,000 people",
    ...two,
    material: { kind: "recipients" },
    counts: [40, 1000],
  },
  "dead-peers": { line: "a storm of shares with servers that are down", ...one, material: { kind: "dead" } },
  "flow-twenty-servers": {
    line: "the same flow between twenty servers",
    servers: 20,
    accounts: true,
    material: { kind: "none" },
  },
} as const satisfies Record<string, Script>;

export type ScriptName = keyof typeof SCRIPTS;
export const SCRIPT_NAMES = Object.keys(SCRIPTS) as ScriptName[];

export function scriptOf(name: ScriptName): Script {
  return SCRIPTS[name];
}

/** The size and count of a run. */
export function extentOf(name: ScriptName, profile: ProfileName, size?: number): { size: number; count: number } {
  const { sizes, counts } = scriptOf(name);
  const at = profile === "smoke" ? 0 : 1;
  return { size: size ?? sizes?.[at] ?? 10, count: counts?.[at] ?? 0 };
}

/** Names that other collections of load tests use for the same thing. */
export const ALSO_CALLED: Record<string, { name: ScriptName; size: number }> = {
  "propfind-flat-1000-files": { name: "propfind", size: 1000 },
};
