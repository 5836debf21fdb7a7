import type { FaultName } from "../faults/faults.ts";
import { duration, type Output } from "../launcher/display.ts";
import { junit, type ReportedRun } from "../launcher/junit.ts";
import { type Outcome, runScenario } from "../launcher/run-scenario.ts";
import { httpRole, type Role } from "../roles.ts";
import type { Scenario } from "../scenarios/stage.ts";
import { StepFailed, type StepResult, stepper } from "../scenarios/steps.ts";
import { SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import { walk } from "../scenarios/walk.ts";
import { writeWhole } from "../write-file.ts";
import type { DockerFederation } from "./federation.ts";
import { oneOfTwo } from "./one-of-two.ts";
import { dockerStages } from "./stage.ts";

/**
 * What is played in Docker: what containers can show and processes on one machine cannot, and a sample of the rest. The rotation of keys is the
 * last: afterwards a server has lived two days ahead.
 */
const LIST: readonly { scenario: ScenarioName; fault?: FaultName }[] = [
  { scenario: "invite-flow" },
  { scenario: "share-code-flow" },
  { scenario: "share-code-flow", fault: "loss" },
  { scenario: "write-back", fault: "latency" },
  { scenario: "unshare", fault: "server-errors" },
  { scenario: "decline", fault: "duplicate" },
  { scenario: "share-code-flow", fault: "expired-certificate" },
  { scenario: "revoked-mid-download" },
  { scenario: "peer-down-and-back" },
  { scenario: "restart-in-the-middle" },
  { scenario: "key-rotation" },
];

/** How the list is run. */
interface RunsOptions {
  seed: string;
  output: Output;
  interrupted: Promise<void>;
  /** Each server has two processes. */
  hasTwo: boolean;
  /** The only fault: every scenario suffers from it. */
  fault?: FaultName;
  junit?: string;
}

/** What came of it. */
interface Result {
  count: number;
  failed: { name: string; error: string }[];
  ms: number;
  isInterrupted: boolean;
}

/** Plays the walk and the list, one after the other. */
export async function runAll(federation: DockerFederation, options: RunsOptions): Promise<Result> {
  const { seed, output, interrupted, hasTwo, fault, junit: report } = options;
  const from = performance.now();
  const stages = dockerStages(federation);
  const scenarios: { name: string; scenario: Scenario; fault?: FaultName | undefined }[] = [
    ...(hasTwo ? [{ name: "one-of-two", scenario: oneOfTwo(stages.current), fault }] : []),
    ...chosen(fault).map((one) => ({
      name: one.scenario,
      scenario: SCENARIOS[one.scenario],
      fault: one.fault,
    })),
  ];
  const result: Result = { count: scenarios.length + 1, failed: [], ms: 0, isInterrupted: false };
  const runs: ReportedRun[] = [];
  const done = (run: ReportedRun): void => {
    runs.push(run);
    if (run.error !== null) result.failed.push({ name: run.name, error: run.error });
    const mark = run.error === null ? "ok  " : "FAIL";
    output.write(`${mark} ${runs.length}/${result.count} ${run.name} (${duration(run.ms)})\n`);
  };

  const walked = await Promise.race([walkOnce(federation, seed), interrupted]);
  if (walked === undefined) return { ...result, isInterrupted: true };
  done(walked);
  for (const { name, scenario, fault: suffered } of scenarios) {
    const outcome: Outcome = await runScenario(scenario, {
      seed,
      interrupted,
      listener: { started: () => undefined, ended: () => undefined },
      openStage: stages.open,
      ...(suffered === undefined ? {} : { fault: suffered }),
    });
    if (outcome.interrupted) return { ...result, isInterrupted: true };
    const { steps, ms, error } = outcome;
    done({ name: suffered === undefined ? name : `${name} under ${suffered}`, steps, ms, error });
  }
  if (report !== undefined) await writeWhole(report, junit(runs));
  return { ...result, ms: Math.round(performance.now() - from) };
}

/** Under a fault of one's own choice each scenario is played once, under that. */
function chosen(fault: FaultName | undefined): { scenario: ScenarioName; fault?: FaultName | undefined }[] {
  if (fault === undefined) return [...LIST];
  return [...new Set(LIST.map(({ scenario }) => scenario))].map((scenario) => ({ scenario, fault }));
}

/** The walk, with the people whose accounts are printed. */
async function walkOnce({ state }: DockerFederation, seed: string): Promise<ReportedRun> {
  const from = performance.now();
  const [sender, receiver, ...others] = state.servers.map(
    ({ name, origin, account }): Role => httpRole({ name, origin }, account),
  );
  if (sender === undefined || receiver === undefined) throw new Error("The walk needs two servers.");
  const steps: StepResult[] = [];
  const listener = { started: () => undefined, ended: (step: StepResult) => void steps.push(step) };
  const error = await walk(stepper(listener), { sender, receiver, others }, seed).then(
    () => null,
    (reason: unknown) => (reason instanceof StepFailed ? `${reason.step}: ${reason.message}` : String(reason)),
  );
  return { name: "walk", steps, ms: Math.round(performance.now() - from), error };
}
