import type { Options, Threshold } from "k6/options";
import { readWorld } from "./data.ts";
import { heightOf, iterationsOf, type Load, PROFILES, type ProfileName, scenarioOf, times } from "./profiles.ts";

/** What a script says of itself. */
export interface Plan {
  load: Load;
  /** Each endpoint that it asks, and the milliseconds within which 95 of 100 answers have to come. */
  endpoints: Record<string, number>;
  /** Further scenarios, thresholds or other options. */
  more?: Options;
}

/** The profile of this run. */
export function profileOfRun(): ProfileName {
  const name = __ENV.PROFILE ?? "smoke";
  const known = PROFILES.find((profile) => profile === name);
  if (known === undefined) throw new Error(`There is no profile ${name}.`);
  return known;
}

/** How many times as much load as the script is made for. */
function timesOfRun(): number {
  return Number(__ENV.TIMES ?? "1");
}

/** What the time of the profile is divided by in this run. */
export function shortenOfRun(): number {
  return Number(__ENV.SHORTEN ?? "1");
}

/** A smoke run shows that all works, on a machine that does something else, with servers that have just started. */
const SMOKE_SLACK = 4;
/**
 * Part of the iterations that may be dropped. In `load` and `soak` the rate would else not be that of the profile; `stress` and `spike` are there
 * to see what does not fit, but where most does not, they were not what they say.
 */
const DROPPED = { load: 0.05, soak: 0.05, stress: 0.25, spike: 0.25 };
/** A part of the requests fails only where something is wrong. */
const FAILED = "rate<0.01";
const CHECKS: Threshold[] = ["rate>0.99", { threshold: "rate>0.5", abortOnFail: true, delayAbortEval: "5s" }];

/**
 * The options of a script: its profile as a scenario, and thresholds for all it asks. Each endpoint has some of its own, so that
 * the summary tells it apart.
 */
export function optionsOf({ load: planned, endpoints, more = {} }: Plan): Options {
  const { hosts } = readWorld();
  const profile = profileOfRun();
  const shorten = shortenOfRun();
  const load = times(planned, timesOfRun());
  const thresholds: Record<string, Threshold[]> = { checks: CHECKS, http_req_failed: [FAILED] };
  // Beyond what the script is made for the question is whether all is answered, and rightly. Answers may take so many times as long as
  // there is more load: people who wait for each other do that on any server.
  const slack = Number(__ENV.SLACK ?? "1") * (profile === "smoke" ? SMOKE_SLACK : heightOf(profile));
  for (const [endpoint, limit] of Object.entries(endpoints)) {
    thresholds[`http_req_duration{endpoint:${endpoint}}`] = [`p(95)<${limit * slack}`];
    thresholds[`http_req_failed{endpoint:${endpoint}}`] = [FAILED];
    thresholds[`http_reqs{endpoint:${endpoint}}`] = ["count>0"];
  }
  if (load.kind === "rate" && profile !== "smoke") {
    thresholds.dropped_iterations = [`count<=${Math.ceil(iterationsOf(profile, load, shorten) * DROPPED[profile])}`];
  }
  return {
    summaryTrendStats: ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "count"],
    ...(Object.keys(hosts).length === 0 ? {} : { hosts }),
    ...more,
    scenarios: { [profile]: scenarioOf(profile, load, shorten), ...more.scenarios },
    thresholds: { ...thresholds, ...more.thresholds },
  };
}
