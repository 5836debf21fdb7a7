import { nameOf } from "./ledger.ts";
import type { PlannedShare } from "./plan.ts";

/** The path that is shared. */
export function pathOf(planned: PlannedShare): string {
  return `/${nameOf(planned)}`;
}

/** The path of the file whose content is read. */
export function readPathOf(planned: PlannedShare): string {
  return planned.folder ? `${pathOf(planned)}/in it.txt` : pathOf(planned);
}

/** What is in the file of a share. */
export function contentOf(planned: PlannedShare): Buffer {
  const line = `This is ${nameOf(planned)} of ${planned.from.address}.\n`;
  return Buffer.alloc(planned.size, line);
}
