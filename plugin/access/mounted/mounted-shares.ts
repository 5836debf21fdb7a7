import type { IncomingShare, IncomingStatus, Permission } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { parseSharePath } from "../dav/share-path.ts";
import { isUsable } from "../remote/received.ts";
import { mountedNames } from "./mounted-names.ts";

/** A received share as an entry at the top of the tree. */
export interface MountedShare {
  share: IncomingShare;
  /** Of the entry. */
  name: string;
}

export interface CatalogueDeps {
  store: { incoming: Pick<Store["incoming"], "ofUser"> };
  system: Pick<System, "now">;
}

/**
 * What is at the top of a person's tree: the accepted shares that have not expired, by name. From the local catalogue alone. Shares that wait
 * for an answer hold their names, so that an acceptance renames nothing.
 */
export async function mountedShares(deps: CatalogueDeps, user: string): Promise<MountedShare[]> {
  const now = deps.system.now();
  const live = (await Promise.all([sharesOf(deps, user, "accepted"), sharesOf(deps, user, "pending")])).flat();
  const names = mountedNames(live);
  return live
    .filter((share) => isUsable(share, now))
    .map((share) => ({ share, name: names.get(share.id) ?? share.id }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

async function sharesOf(deps: CatalogueDeps, user: string, status: IncomingStatus): Promise<IncomingShare[]> {
  const shares: IncomingShare[] = [];
  let after: string | undefined;
  do {
    const page = await deps.store.incoming.ofUser(user, {
      status,
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    shares.push(...page.items.filter(({ resourceType }) => resourceType === "file" || resourceType === "folder"));
    after = page.next;
  } while (after !== undefined);
  return shares;
}

/** A place in the tree: the top, or something in a share, which may or may not exist. */
export type Place = { top: true; shares: MountedShare[] } | PlaceInShare;

export interface PlaceInShare extends MountedShare {
  top: false;
  /** Within the share: names divided by `/`, "" for the share itself. */
  path: string;
  /** The same, as segments. */
  segments: string[];
  /** The address was written with a slash at its end. */
  hasSlash: boolean;
}

/**
 * The place that an undecoded path below the tree's address names.
 * @throws OcmError path-invalid; resource-missing where there is no such share, and below a shared file
 */
export async function placeOf(deps: CatalogueDeps, user: string, path: string): Promise<Place> {
  const [name, ...segments] = parseSharePath(path);
  const shares = await mountedShares(deps, user);
  if (name === undefined) return { top: true, shares };
  // Names are unique in this form, and some clients write accents in another one than they were given.
  const mounted = shares.find((candidate) => candidate.name.normalize() === name.normalize());
  if (mounted === undefined) throw new OcmError("resource-missing", { message: "There is no share of this name." });
  if (segments.length > 0 && mounted.share.resourceType === "file") throw new OcmError("resource-missing");
  return { ...mounted, top: false, path: segments.join("/"), segments, hasSlash: path.endsWith("/") };
}

/**
 * What a share permits, as far as that was told. Servers that use the deprecated form tell nothing: then only the owner's server knows, and
 * it is asked.
 */
export function permissionsOf(share: Pick<IncomingShare, "permissions" | "form">): Permission[] {
  const { permissions, form } = share;
  return form === "options" && !permissions.includes("write") ? [...permissions, "write"] : permissions;
}
