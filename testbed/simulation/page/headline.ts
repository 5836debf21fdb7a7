import { count, duration, plural } from "../../plots/format.ts";
import { type Html, html } from "../../plots/html.ts";
import type { SimulationReport } from "../report.ts";

/** What was simulated, and whether the rules of sharing held, in plain words. */
export function headline(report: SimulationReport): Html {
  const { settings, complete, duration: lasted } = report;
  const fault = settings.fault === null ? "without a fault" : `under the fault “${settings.fault}”`;
  return html`<h1>${plural(settings.servers, "server")}, ${plural(settings.shares, "share")}: ${verdict(report).title}</h1>
${
  !complete &&
  html`<p class="notice" id="interrupted"><strong>This run was interrupted.</strong> All figures are those up to ${duration(lasted)} of virtual time; what had not happened by then is not in them.</p>`
}
<p class="lead">${plural(settings.users, "person", "people")} on ${plural(settings.servers, "server")} (topology “${settings.topology}”) ${complete ? "shared" : "were to share"} files ${count(settings.shares)} times${complete && ` within ${duration(lasted)} of virtual time`}, by the workload “${settings.workload}”, ${fault}.</p>
<p class="verdict ${verdict(report).tone}" id="verdict">${verdict(report).sentence}</p>
<p class="soft">koa-ocm ${report.version}, seed ${settings.seed}. The same seed, settings and version give the same report.</p>
`;
}

interface Verdict {
  title: string;
  sentence: string;
  tone: "holds" | "broken";
}

function verdict({ invariants, complete }: SimulationReport): Verdict {
  const broken = invariants.filter(({ holds }) => !holds);
  const checked = invariants.reduce((all, each) => all + each.checked, 0);
  const sofar = complete ? "" : " so far";
  if (invariants.length === 0) {
    return { title: "nothing was checked", sentence: "No invariant was checked in this run.", tone: "broken" };
  }
  if (broken.length === 0) {
    return {
      title: complete ? "every invariant holds" : "interrupted, every invariant holds so far",
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
