import { plural } from "../plots/format.ts";
import type { SimulationReport } from "./report.ts";
import { forgedOf } from "./workloads/key-compromise.ts";

/**
 * Why a run that ended well has made fewer shares than it was asked for, or received fewer than were made: a sentence for each reason.
 * Nothing for a run that was interrupted or has broken an invariant, where the figures mean something else.
 */
export function shortfall({ settings, totals, invariants, complete }: SimulationReport): string[] {
  if (!complete || invariants.some(({ holds }) => !holds)) return [];
  const { sharesCreated, sharesReceived, sharesRejected } = totals;
  const missing = Math.max(0, settings.shares - sharesCreated);
  const forged = settings.workload === "key-compromise" ? Math.min(missing, forgedOf(settings.shares)) : 0;
  const refused = missing - forged;
  const lost = Math.max(0, sharesCreated - sharesReceived);
  const [they, their, were] = lost === 1 ? ["it", "its", "was"] : ["they", "their", "were"];
  const reasons = [
    `had ended before ${their} message got through`,
    ...(sharesRejected === 0 ? [] : [`${were} rejected by the receiver's server`]),
    ...(settings.fault === "crash" ? ["came to a server that died before it could tell"] : []),
    ...(settings.workload === "spammer" ? [`${were} kept out by the limits for strangers`] : []),
  ];
  return [
    ...(forged === 0
      ? []
      : [
          `${plural(forged, "share")} asked for ${forged === 1 ? "was" : "were"} forged with stolen keys, and not counted.`,
        ]),
    ...(refused === 0
      ? []
      : [
          `${plural(refused, "share")} asked for could not be made: when the servers could be reached, ${refused === 1 ? "its" : "their"} time was over or nobody tried any more.`,
        ]),
    ...(lost === 0 ? [] : [`${plural(lost, "share")} made ${were} not received: ${they} ${reasons.join(", or ")}.`]),
  ];
}
