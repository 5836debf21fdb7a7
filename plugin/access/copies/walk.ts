import type { System } from "../../ports/system.ts";
import { OcmError } from "../../protocol/errors.ts";
import { inOrder, standing, TURN } from "./order.ts";

/** A file or folder that is copied. */
export interface SourceEntry {
  /** Relative to what is copied, "" for that itself. */
  path: string;
  type: "file" | "folder";
  size: number | null;
  modifiedAt: number | null;
  etag: string | null;
}

/** Where a copy comes from. */
export interface Source {
  /** What is copied, and for a folder what is directly in it. @throws OcmError, HostFileError */
  top(): Promise<{ entry: SourceEntry; children: SourceEntry[] }>;
  /** What is directly in a folder. @throws OcmError, HostFileError */
  children(path: string): Promise<SourceEntry[]>;
}

/** Entries that may wait in memory: those of large folders within large folders, which may be without an end. */
const WAITING = 500_000;
const TOO_MANY = "There are too many files for one copy. Copy the folders in it one by one.";

/** Files and bytes. */
export interface Amount {
  files: number;
  bytes: number;
}

/** One step of a walk. */
export interface Step {
  entry: SourceEntry;
  /** What there is to do from here on, this entry included; null as long as folders have not been listed or sizes are not known. */
  rest: Amount | null;
}

/**
 * All that is copied, each folder before what is in it, in an order that does not depend on how it is listed; without what comes up to
 * `after`. Each folder is listed once, and none that is complete.
 * @throws OcmError too-large beyond half a million entries in a folder and the folders around it; and what the source throws
 */
export async function* walk(source: Source, after: string | null, system: Pick<System, "soon">): AsyncGenerator<Step> {
  const stack: SourceEntry[] = [];
  const rest = { files: 0, bytes: 0, folders: 0 };
  const count = (entry: SourceEntry, sign: 1 | -1) => {
    if (entry.type === "folder") rest.folders += sign;
    else {
      rest.files += sign;
      rest.bytes += sign * (entry.size ?? Number.NaN);
    }
  };
  const isWaiting = ({ path, type }: SourceEntry) => {
    const now = standing(path, after);
    return now === "new" || (now === "open" && type === "folder");
  };
  const add = async (entries: readonly SourceEntry[]) => {
    const last = (await inOrder(entries, system)).reverse();
    for (const [index, entry] of last.entries()) {
      if (index % TURN === TURN - 1) await system.soon();
      if (!isWaiting(entry)) continue;
      count(entry, 1);
      stack.push(entry);
    }
    if (stack.length > WAITING) throw new OcmError("too-large", { message: TOO_MANY });
  };

  const { entry: top, children } = await source.top();
  await add(after === "" && top.type === "file" ? [] : [top]);
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const isKnown = rest.folders === 0 && !Number.isNaN(rest.bytes);
    if (standing(entry.path, after) === "new") {
      yield { entry, rest: isKnown ? { files: rest.files, bytes: rest.bytes } : null };
    }
    count(entry, -1);
    if (entry.type === "folder") await add(entry === top ? children : await source.children(entry.path));
  }
}

/** All files of a source and their bytes, NaN where a size is not known. */
export async function amountOf(source: Source, signal: AbortSignal, system: Pick<System, "soon">): Promise<Amount> {
  const amount = { files: 0, bytes: 0 };
  for await (const { entry } of walk(source, null, system)) {
    signal.throwIfAborted();
    if (entry.type === "folder") continue;
    amount.files += 1;
    amount.bytes += entry.size ?? Number.NaN;
  }
  return amount;
}
