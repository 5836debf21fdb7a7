import { type Change, locksMoved, mayChange } from "../dav/locks/locks.ts";
import { checkPreconditions } from "../dav/preconditions.ts";
import { type DavRequest, header } from "../dav/request.ts";
import { keptPath, remoteTree } from "../tree-names.ts";
import type { MountedDeps } from "./mounted-request.ts";
import type { PlaceInShare } from "./mounted-shares.ts";
import { shareDeps } from "./share-deps.ts";

/** A place that a request is about to change. */
export interface PlaceChange extends Pick<Change, "deep" | "member"> {
  place: PlaceInShare;
}

/**
 * Lets a request go on whose If header holds and that changes nothing which another program of this person has locked. What is there is
 * looked up at the owner only where the If header names an entity tag.
 * @throws OcmError bad-request, precondition-failed, locked
 */
export async function mayChangePlaces(
  request: DavRequest,
  deps: MountedDeps,
  changes: readonly PlaceChange[],
): Promise<void> {
  const [first] = changes;
  if (first === undefined) return;
  const inner = shareDeps(deps, first.place, dividePath(request.path).address);
  const namesTag = header(request, "if")?.includes("[") === true;
  const whole: Change[] = [];
  for (const { place, deep, member } of changes) {
    const path = keptPath(place.share.id, place.path);
    const entry = namesTag ? await inner.files.stat(deps.user, path) : undefined;
    whole.push({ path, entry, ...(deep === undefined ? {} : { deep }), ...(member === undefined ? {} : { member }) });
  }
  await mayChange({ ...request, path: dividePath(request.path).path }, inner, whole);
}

/**
 * Checks conditions that cannot be left to the owner's server, because the method that is used there has no place for them. Where the request
 * has none, nothing is looked up.
 * @param fields names of the fields that are not passed on
 * @throws OcmError precondition-failed
 */
export async function checkConditions(
  request: DavRequest,
  deps: MountedDeps,
  place: PlaceInShare,
  fields: readonly string[],
): Promise<void> {
  const asked = fields.filter((name) => header(request, name) !== undefined);
  if (asked.length === 0) return;
  const headers = Object.fromEntries(asked.map((name) => [name, request.headers[name]]));
  const entry = await shareDeps(deps, place).files.stat(deps.user, keptPath(place.share.id, place.path));
  checkPreconditions({ ...request, headers }, entry);
}

/** A path of the tree, divided after the name of the share; both parts undecoded. */
export function dividePath(path: string): { address: string; path: string } {
  const slash = path.indexOf("/", 1);
  return slash === -1 ? { address: path, path: "" } : { address: path.slice(0, slash), path: path.slice(slash) };
}

/** What is gone at the owner has neither locks nor properties here. */
export async function forgetPlace(deps: MountedDeps, place: PlaceInShare): Promise<void> {
  const path = keptPath(place.share.id, place.path);
  await locksMoved(shareDeps(deps, place), path);
  await deps.store.notes.remove(remoteTree(deps.user), path);
}

/** Properties go along with a move and are copied by a copy, and replace those at the destination; locks do not move. */
export async function carryAlong(
  deps: MountedDeps,
  from: PlaceInShare,
  to: PlaceInShare,
  moves: boolean,
): Promise<void> {
  const tree = remoteTree(deps.user);
  const source = keptPath(from.share.id, from.path);
  const target = keptPath(to.share.id, to.path);
  await deps.store.notes.remove(tree, target);
  if (!moves) return deps.store.notes.copy(tree, source, target);
  await deps.store.notes.move(tree, source, target);
  await locksMoved(shareDeps(deps, from), source);
}
