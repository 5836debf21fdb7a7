import type { Logger } from "../../ports/log.ts";
import type { Failure, IncomingShare } from "../../ports/records.ts";
import type { Store } from "../../ports/store.ts";
import type { System } from "../../ports/system.ts";

/** What a use of a received share showed. `size` and `modifiedAt` are those of the shared resource itself. */
export type Observation =
  | { access: "ok"; known?: { size: number | null; modifiedAt: number | null } }
  | { access: "refused"; evidence: Failure };

/** How long a record is left alone that would only be written with a newer time, in milliseconds. */
const QUIET = 60_000;
const TRIES = 3;

/**
 * Remembers on the share what its last use showed. It is a note, not a decision: it never ends a share, it gives way to whoever writes
 * at the same time, and the user's request does not fail with it.
 */
export async function recordAccess(
  deps: {
    store: { incoming: Pick<Store["incoming"], "get" | "replace"> };
    system: Pick<System, "now">;
    logger: Logger;
  },
  share: IncomingShare,
  observation: Observation,
): Promise<void> {
  try {
    let current: IncomingShare | undefined = share;
    for (let tries = 0; tries < TRIES && current !== undefined; tries += 1) {
      const changed = noted(current, observation, deps.system.now());
      if (changed === undefined || (await deps.store.incoming.replace(changed, current))) return;
      current = await deps.store.incoming.get(share.id);
    }
  } catch (error) {
    deps.logger.warn({ err: error, share: share.id }, "what a received share showed could not be noted");
  }
}

function noted(share: IncomingShare, observation: Observation, now: number): IncomingShare | undefined {
  if (observation.access === "refused") {
    const { evidence } = observation;
    const last = share.accessEvidence;
    const known = share.access === "refused" && last?.status === evidence.status && last.code === evidence.code;
    if (known && now - last.at < QUIET) return undefined;
    return { ...share, access: "refused", accessEvidence: evidence, updatedAt: now };
  }
  const before = share.lastKnown;
  const { known } = observation;
  const differs = known !== undefined && (before?.size !== known.size || before.modifiedAt !== known.modifiedAt);
  const due = before === null || now - before.at >= QUIET;
  if (share.access === "ok" && !(differs && due)) return undefined;
  return {
    ...share,
    access: "ok",
    accessEvidence: null,
    lastKnown: known === undefined ? before : { size: known.size, modifiedAt: known.modifiedAt, at: now },
    updatedAt: now,
  };
}
