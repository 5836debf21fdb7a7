import { isBeforeSending } from "../../peers/failures.ts";
import { createLru } from "../../peers/lru.ts";
import { type PeerClient, PeerFailure } from "../../ports/peer-client.ts";
import type { System } from "../../ports/system.ts";
import type { PeerProfile } from "../../protocol/profile.ts";
import { isAbsoluteUri } from "../../protocol/resource-uri.ts";
import { resourceUrl } from "../../protocol/resource-url.ts";
import type { Use } from "./use.ts";

/** A share may have moved: its address is the sender's path for webdav and the share's `uri`, and the sender may have changed the path. */
export interface Relocation {
  /** Does this status come from the place of the share? One that may mean that nothing is there does not. */
  isThere(use: Use, status: number): boolean;
  /** Does this failure to connect, or redirect, suggest that the address is an old one? */
  mayHaveMoved(use: Use, method: string, error: unknown): boolean;
  /** Reads the sender's discovery document anew, at most once a minute for each sender. True: there is another address, and `use` has it. */
  find(use: Use): Promise<boolean>;
}

/** What servers say at an address that is theirs no more. */
const ELSEWHERE: ReadonlySet<number> = new Set([301, 302, 303, 307, 308, 404, 405, 410, 421]);
const READING: ReadonlySet<string> = new Set(["PROPFIND", "GET", "HEAD"]);
/** Senders that are remembered. */
const REMEMBERED = 10_000;
/**
 * For so long it is not looked again, in milliseconds, and where the document could not be read. That a share has just answered from its place
 * says nothing: servers move within a second, and who believes a 404 then takes every file for removed.
 */
const QUIET = 60_000;
const QUIET_AFTER_FAILURE = 5_000;

export function createRelocation(deps: {
  peers: Pick<PeerClient, "discover">;
  system: Pick<System, "now">;
}): Relocation {
  const looked = createLru<{ profile: Promise<PeerProfile | undefined>; until: number }>({ maxEntries: REMEMBERED });

  /** An absolute `uri` stands for itself. */
  function canMove({ share }: Use): boolean {
    return share.uri === null || !isAbsoluteUri(share.uri);
  }

  function look({ share: { senderHost }, requestId }: Use): Promise<PeerProfile | undefined> {
    const last = looked.get(senderHost);
    const now = deps.system.now();
    if (last !== undefined && now < last.until) return last.profile;
    const entry = {
      profile: deps.peers.discover(senderHost, { fresh: true, requestId }).catch(() => {
        entry.until = deps.system.now() + QUIET_AFTER_FAILURE;
        return undefined;
      }),
      until: now + QUIET,
    };
    looked.set(senderHost, entry);
    return entry.profile;
  }

  return {
    isThere: (use, status) => !ELSEWHERE.has(status) || !canMove(use),
    mayHaveMoved(use, method, error) {
      if (!(error instanceof PeerFailure) || !canMove(use)) return false;
      if (error.code === "peer-redirect") return true;
      // Whether what timed out had been sent is not known.
      const isUnsent = isBeforeSending(error) || (error.code === "peer-timeout" && READING.has(method));
      // Where the document comes from the same place, it cannot be read either.
      return isUnsent && new URL(rootOf(use)).host !== use.share.senderHost;
    },
    async find(use) {
      const profile = await look(use);
      const root = profile && tryRoot(use, profile);
      if (profile === undefined || root === undefined || root === rootOf(use)) return false;
      use.profile = profile;
      return true;
    },
  };
}

function rootOf({ share, profile }: Pick<Use, "share" | "profile">): string {
  return resourceUrl(profile, share.uri, share.resourceType, "");
}

/** The new document may be of no use. */
function tryRoot({ share }: Pick<Use, "share">, profile: PeerProfile): string | undefined {
  try {
    return rootOf({ share, profile });
  } catch {
    return undefined;
  }
}
