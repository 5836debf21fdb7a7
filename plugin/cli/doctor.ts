import type { Finding, FindingStatus } from "../index.ts";
import type { Command } from "./command.ts";

const MARKS = {
  ok: { text: "✓", colour: "green" },
  warning: { text: "!", colour: "yellow" },
  failed: { text: "✗", colour: "red" },
  skipped: { text: "–", colour: "dim" },
} as const satisfies Record<FindingStatus, object>;

/** Width of the longest name of a check. */
const WIDTH = "capabilities".length;

export const doctor: Command = {
  name: "doctor",
  operands: "PEER",
  summary: "Find out what works between this server and another, and what does not.",
  flags: {},
  refuse: ({ operands }) =>
    operands.length === 1 ? null : "doctor takes one peer: a host, host:port or the OCM Address of somebody there.",
  async run(ocm, { operands: [peer = ""] }, out) {
    const counts: Record<FindingStatus, number> = { ok: 0, warning: 0, failed: 0, skipped: 0 };
    for await (const finding of ocm.diagnose(peer)) {
      counts[finding.status] += 1;
      if (out.json) {
        out.object(finding);
        continue;
      }
      out.line(lineOf(finding), MARKS[finding.status]);
      if (finding.next !== undefined) out.line(`  ${" ".repeat(WIDTH)}  → ${finding.next}`);
    }
    if (!out.json) {
      const { ok, warning, failed, skipped } = counts;
      out.line("");
      out.line(
        `${peer}: ${ok} ok, ${warning} warning${warning === 1 ? "" : "s"}, ${failed} failed, ${skipped} skipped.`,
      );
    }
    return counts.failed === 0 ? 0 : 1;
  },
};

function lineOf({ check, status, message, duration }: Finding): string {
  const took = status === "skipped" ? "" : ` (${duration} ms)`;
  return `${check.padEnd(WIDTH)}  ${message}${took}`;
}
