import type { DeliveryView } from "../index.ts";
import { type Command, type Given, UsageError } from "./command.ts";
import { aligned, timeOf } from "./output.ts";

const KINDS = ["outgoing", "incoming", "invite", "contact"] as const satisfies readonly DeliveryView["kind"][];

export const deliveries: Command = {
  name: "deliveries",
  operands: "[--host HOST] | --retry KIND RECORD",
  summary: "List the messages that wait for a peer, or try one again now.",
  flags: {
    host: { type: "string", value: "HOST", summary: "only the messages to this server" },
    retry: { type: "string", value: "KIND", summary: "try again now; KIND and RECORD are in the list" },
  },
  refuse({ operands, flags }) {
    if (flags.retry === undefined)
      return operands.length === 0 ? null : "deliveries takes no operands without --retry.";
    if (kindOf(flags.retry) === undefined) return `--retry takes one of ${KINDS.join(", ")}, and then the record.`;
    return operands.length === 1 ? null : "--retry takes the kind and the record, as the list shows them.";
  },
  async run(ocm, given, out) {
    const kind = kindOf(given.flags.retry);
    if (kind !== undefined) {
      const [record = ""] = given.operands;
      await ocm.api.deliveries.retry(kind, record).catch((error: unknown) => {
        const isMissing = error instanceof Error && "code" in error && error.code === "not-found";
        throw isMissing ? new Error(`There is no record ${record} of the kind ${kind}.`) : error;
      });
      if (out.json) out.object({ kind, record, due: true });
      else out.line(`The next message of ${kind} ${record} is due now; the running server tries it within a second.`);
      return 0;
    }
    const rows = [["KIND", "RECORD", "MESSAGE", "TO", "ATTEMPTS", "NEXT ATTEMPT"]];
    const notes: string[] = [""];
    for await (const delivery of ocm.api.deliveries.list(filterOf(given))) {
      if (out.json) {
        out.object(delivery);
        continue;
      }
      const { record, type, detail, to, attempts, nextAttemptAt, parked, lastError, requestId } = delivery;
      const next = parked ? "parked" : timeOf(nextAttemptAt);
      rows.push([delivery.kind, record, `${type} ${detail}`.trim(), to ?? "this server", String(attempts), next]);
      notes.push(lastError === null ? "" : `${lastError.message} (${lastError.code}, request ${requestId})`);
    }
    if (out.json) return 0;
    if (rows.length === 1) {
      out.line("Nothing waits: every message has been acknowledged.");
      return 0;
    }
    for (const [index, line] of aligned(rows).entries()) {
      out.line(line);
      if (notes[index]) out.line(`  ${notes[index]}`);
    }
    return 0;
  },
};

function kindOf(value: Given["flags"][string]): DeliveryView["kind"] | undefined {
  return KINDS.find((kind) => kind === value);
}

function filterOf({ flags: { host } }: Given): { host?: string } {
  if (host === undefined) return {};
  if (typeof host !== "string" || host === "") throw new UsageError("--host takes the name of a server.");
  return { host: host.toLowerCase() };
}
