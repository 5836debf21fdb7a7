import { PeerFailure } from "../ports/peer-client.ts";
import type { AnyAggregate, OutboxEntry } from "../ports/records.ts";
import type { Collection } from "../ports/store.ts";
import type { SharingContext } from "../sharing/context.ts";
import { prepare } from "../sharing/messages.ts";
import type { Verdict } from "../sharing/settle.ts";

/**
 * Does what one outbox entry asks for, once: freezes the message in the record, sends it, and says what came of it.
 * Never throws. The record has been claimed by the caller. Undefined: it changed before its message was sent, so decide again.
 */
export async function attempt(
  context: SharingContext,
  collection: Collection<AnyAggregate>,
  record: AnyAggregate,
  entry: OutboxEntry,
): Promise<Verdict | undefined> {
  const { peers, log } = context;
  try {
    if (entry.to !== null && peers.isUnreachable(entry.to)) {
      const failure = new PeerFailure("peer-unreachable", entry.to, "The other server has not answered lately.");
      return { kind: "failure", failure };
    }
    const prepared = await prepare(context, record, entry);
    if (prepared.kind === "refuse") return { kind: "refused", reason: prepared.reason };
    if (prepared.kind === "effect") {
      await prepared.run();
      return { kind: "done" };
    }
    if (prepared.record !== undefined && !(await collection.replace(prepared.record, record))) {
      return undefined;
    }
    return { kind: "answer", answer: await peers.post(prepared.message) };
  } catch (error) {
    if (error instanceof PeerFailure) return { kind: "failure", failure: error };
    log.error(
      { err: error, record: record.id, type: entry.type, requestId: entry.requestId },
      "A delivery failed here.",
    );
    return { kind: "error", message: "Something went wrong on this server; its log has more." };
  }
}
