import type { IncomingShare } from "../../ports/records.ts";
import { isUsableName } from "../dav/share-path.ts";

/** What the names of received shares are made of. */
export type NamedShare = Pick<IncomingShare, "id" | "name" | "owner" | "resourceType" | "createdAt">;

/** UTF-16 units of a share's name that are used, so that a file system can hold what is added to it. */
const LENGTH_LIMIT = 150;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNUSABLE = /[/\\\x00-\x1f\x7f]|\p{Bidi_Control}/gu;

/**
 * One name for each share, by its id, as the entries of one folder: the share's own name where it is free, else with the owner's OCM
 * Address, else with a number after that. Who came first keeps the name, so a share that arrives renames no other. Names that differ
 * only in case or in the form of their accents count as the same, because to many file systems they are.
 */
export function mountedNames(shares: readonly NamedShare[]): Map<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  /** Where to go on counting, for shares of the same name and owner: there may be thousands. */
  const counts = new Map<string, number>();
  const inOrder = shares.toSorted((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1));
  for (const share of inOrder) {
    for (const name of candidates(share, counts)) {
      const key = name.normalize("NFC").toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      names.set(share.id, name);
      break;
    }
  }
  return names;
}

function* candidates(share: NamedShare, counts: Map<string, number>): Generator<string> {
  const { stem, extension } = divide(usable(share.name), share.resourceType);
  yield stem + extension;
  const owned = `${stem} (${usable(share.owner)})`;
  yield owned + extension;
  for (let count = counts.get(owned + extension) ?? 2; ; count += 1) {
    counts.set(owned + extension, count + 1);
    yield `${owned} (${count})${extension}`;
  }
}

/** A name that can be addressed. The owner chose it, and may have chosen one that looks like a path. */
function usable(name: string): string {
  const clean = name.toWellFormed().replace(UNUSABLE, "_").slice(0, LENGTH_LIMIT).toWellFormed().trim();
  return isUsableName(clean) ? clean : "share";
}

/** A file keeps its extension at the end, by which programs know what it is. */
function divide(name: string, resourceType: string): { stem: string; extension: string } {
  const [, stem = name, extension = ""] = (resourceType === "file" && /^(.+)(\.[^.\s]{1,16})$/.exec(name)) || [];
  return { stem, extension };
}
