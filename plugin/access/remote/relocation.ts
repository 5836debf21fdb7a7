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
  /** Does this status come from the place of the share? One that may mean that nothing is there counts, too, where it has just answered. */
  isThere(use: Use, status: number): boolean;
  /** Does this failure to connect, or redirect, suggest that the address is an old one? */
  mayHaveMoved(use: Use, method: string, error: unknown): boolean;
  /** Reads the sender's discovery document anew, at most once a minute for each share. True: there is another address, and `use` has it. */
  find(use: Use): Promise<boolean>;
}

/** What servers say at an address that is theirs no more. */
const ELSEWHERE: ReadonlySet<number> = new Set([301, 302, 303, 307, 308, 404, 405, 410, 421]);
const READING: ReadonlySet<string> = new Set(["PROPFIND", "GET", "HEAD"]);
/** Shares that are remembered. */
const REMEMBERED = 10_000;
/** For so long it is not looked again, and a place that has answered is taken for the right one. Milliseconds. */
const QUIET = 60_000;

export function createRelocation(deps: {
  peers: Pick<PeerClient, "discover">;
  system: Pick<System, "now">;
}): Relocation {
  const answered = createLru<{ root: string; at: number }>({ maxEntries: REMEMBERED });
  const looked = createLru<{ profile: Promise<PeerProfile | undefined>; at: number }>({ maxEntries: REMEMBERED });
  const isRecent = (at: number) => deps.system.now() - at < QUIET;

  /** An absolute `uri` stands for itself. */
  function canMove({ share }: Use): boolean {
    return share.uri === null || !isAbsoluteUri(share.uri);
  }

  function look({ share, requestId }: Use): Promise<PeerProfile | undefined> {
    const last = looked.get(share.id);
    if (last !== undefined && isRecent(last.at)) return last.profile;
    const profile = deps.peers.discover(share.senderHost, { fresh: true, requestId }).catch(() => undefined);
    looked.set(share.id, { profile, at: deps.system.now() });
    return profile;
  }

  return {
    isThere(use, status) {
      const root = rootOf(use);
      if (!ELSEWHERE.has(status)) {
        if (status < 500) answered.set(use.share.id, { root, at: deps.system.now() });
        return true;
      }
      const last = answered.get(use.share.id);
      return !canMove(use) || (last !== undefined && last.root === root && isRecent(last.at));
    },
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
