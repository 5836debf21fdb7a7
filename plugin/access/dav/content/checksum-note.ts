import type { ResourceNote } from "../../../ports/records.ts";
import type { DavDeps } from "../request.ts";

/** Others may write the same note; more than this many in a row do not. */
const ATTEMPTS = 10;

/**
 * Remembers a checksum that was checked. It is told as long as the file has this entity tag, so one that cannot be kept, because others write
 * the same note all the time, does no harm.
 */
export async function keepChecksum(
  { store, tree, system }: Pick<DavDeps, "store" | "tree" | "system">,
  path: string,
  checksum: NonNullable<ResourceNote["checksum"]>,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const note = await store.notes.get(tree, path);
    const version = (note?.version ?? 0) + 1;
    const properties = note?.properties ?? [];
    if (await store.notes.put({ tree, path, version, properties, checksum, updatedAt: system.now() })) return;
  }
}
