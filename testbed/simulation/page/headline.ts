import { count, duration, plural } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import type { SimulationReport } from "../report.ts";

/**
 * What was simulated, and whether the rules of sharing held, in plain words.
 *
 * @param hasMachine whether the page ends with what the run took of the machine
 */
export function headline(report: SimulationReport, hasMachine: boolean): Html {
  const { settings, complete, duration: lasted, totals } = report;
  const fault = settings.fault === null ? "without a fault" : `under the fault “${settings.fault}”`;
  const { title, tone, sentence } = verdict(report);
  const [asked, made] = [plural(settings.shares, "share"), count(totals.sharesCreated)];
  return html`<h1>${plural(settings.servers, "server")}${complete ? `, ${asked}` : `: interrupted after ${made} of ${asked}`}${title !== null && (complete ? `: ${title}` : `, ${title}`)}</h1>
${
  !complete &&
  html`<p class="notice" id="interrupted"><strong>This run was interrupted.</strong> All figures are those up to ${duration(lasted)} of virtual time; what had not happened by then is not in them.</p>`
}
<p class="lead">${plural(settings.users, "person", "people")} on ${plural(settings.servers, "server")} (topology “${settings.topology}”) ${complete ? "shared" : "were to share"} files ${count(settings.shares)} times${complete && ` within ${duration(lasted)} of virtual time`}, by the workload “${settings.workload}”, ${fault}.</p>
<p class="verdict ${tone}" id="verdict">${sentence}</p>
<p class="soft">koa-ocm ${report.version}, seed ${settings.seed}.${complete && ` The same seed, settings and version give the same report${hasMachine ? ", but for the section The machine" : ""}.`}</p>
`;
}

interface Verdict {
  /** Null: there is none. */
  title: string | null;
  sentence: string;
  tone: "holds" | "broken" | "open";
}

function verdict({ invariants, complete }: SimulationReport): Verdict {
  const broken = invariants.filter(({ holds }) => !holds);
  const checked = invariants.reduce((all, each) => all + each.checked, 0);
  const sofar = complete ? "" : " so far";
  if (invariants.length === 0) {
    return complete
      ? { title: "nothing was checked", sentence: "No invariant was checked in this run.", tone: "broken" }
      : { title: null, sentence: "The invariants are checked at the end, so not in this run.", tone: "open" };
  }
  if (broken.length === 0) {
    return {
      title: `every invariant holds${sofar}`,
      sentence: `${invariants.length === 1 ? "The one invariant holds" : `All ${invariants.length} invariants hold`}${sofar}, in ${plural(checked, "check")}.`,
      tone: "holds",
    };
  }
  const names = broken.map(({ name }) => `“${name}”`).join(", ");
  return {
    title: `${plural(broken.length, "invariant")} broken`,
    sentence: `${broken.length} of ${plural(invariants.length, "invariant")} ${broken.length === 1 ? "does" : "do"} not hold${sofar}: ${names}.`,
    tone: "broken",
  };
}
