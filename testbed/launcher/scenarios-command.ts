import { tmpdir } from "node:os";
import { FAULT_NAMES, FAULTS, type FaultName } from "../faults/faults.ts";
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import { writeWhole } from "../write-file.ts";
import { duration, type Output } from "./display.ts";
import { clear, EXIT_INTERRUPTED, EXIT_USAGE } from "./ending.ts";
import { junit } from "./junit.ts";
import { mustHaveRoom, ROOM_FOR_RUN } from "./room.ts";
import { runScenario } from "./run-scenario.ts";
import { BadFlags, named, readWords } from "./words.ts";

const EXIT_FAILED = 1;
/** Runs at a time: most of a run is waiting. */
const AT_A_TIME = 3;

const OPTIONS = {
  all: { type: "boolean" },
  fault: { type: "string" },
  seed: { type: "string" },
  junit: { type: "string" },
  help: { type: "boolean" },
} as const;

const HELP = `Usage: npm run scenarios -- [flags]

Lists the scenarios and the faults, or runs all of them.

  --all          Run each scenario without a fault and under each fault, and print a table.
  --fault NAME   With --all: only without a fault and under this one.
  --seed TEXT    With --all: contents and faults follow from it. Default 1.
  --junit FILE   With --all: write the runs there as a JUnit report.
  --help         Show this.

Exit codes: 0 all well, 1 a run failed, 2 a flag is wrong or there is no space, 130 interrupted.
`;

/** One cell of the table. */
interface Cell {
  scenario: ScenarioName;
  fault: FaultName | null;
  error: string | null;
}

/** The whole of `npm run scenarios`. @returns the exit code; nothing is left running */
export async function scenariosCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const { flags, operands } = readWords(words, OPTIONS);
    if (operands[0] !== undefined) {
      throw new BadFlags(`“${operands[0]}” is not understood. npm run scenario -- NAME runs one; see --help.`);
    }
    if ("help" in flags) {
      output.write(HELP);
      return 0;
    }
    if (!("all" in flags)) {
      const other = Object.keys(flags)[0];
      if (other !== undefined) throw new BadFlags(`--${other} needs --all.`);
      list(output);
      return 0;
    }
    await clear(flags.junit);
    await mustHaveRoom(tmpdir(), AT_A_TIME * ROOM_FOR_RUN);
    const faults = flags.fault === undefined ? FAULT_NAMES : [named("fault", flags.fault, FAULT_NAMES)];
    return await all([null, ...faults], flags.seed ?? "1", flags.junit, output, problems, interrupted);
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

function list(output: Output): void {
  const width = Math.max(...[...SCENARIO_NAMES, ...FAULT_NAMES].map(({ length }) => length));
  const lines = (names: readonly string[], table: Record<string, { line: string }>) =>
    names.map((name) => `  ${name.padEnd(width)}  ${table[name]?.line}\n`).join("");
  output.write(`Scenarios (npm run scenario -- NAME):\n${lines(SCENARIO_NAMES, SCENARIOS)}\n`);
  output.write(`Faults (--fault NAME):\n${lines(FAULT_NAMES, FAULTS)}`);
}

/** Runs every scenario under each of these faults; null is none. */
async function all(
  faults: (FaultName | null)[],
  seed: string,
  report: string | undefined,
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  const from = performance.now();
  const cells: Cell[] = [];
  const runs: Parameters<typeof junit>[0] = [];
  const queue = SCENARIO_NAMES.flatMap((scenario) => faults.map((fault) => ({ scenario, fault }))).filter(
    (pair) => senselessOf(pair) === undefined,
  );
  const count = queue.length;
  let isInterrupted = false;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined && !isInterrupted; next = queue.shift()) {
      const { scenario, fault } = next;
      const outcome = await runScenario(SCENARIOS[scenario], {
        seed,
        listener: { started: () => undefined, ended: () => undefined },
        interrupted,
        ...(fault === null ? {} : { fault }),
      });
      if (outcome.interrupted) {
        isInterrupted = true;
        return;
      }
      const { error, ms, steps } = outcome;
      const name = `${scenario}${fault === null ? "" : ` under ${fault}`}`;
      cells.push({ ...next, error });
      runs.push({ name, steps, ms, error });
      const tail = error === null ? "" : `: ${error}`;
      output.write(`${error === null ? "ok  " : "FAIL"} ${cells.length}/${count} ${name} (${duration(ms)})${tail}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  output.write(`\n${table(cells, faults)}\n${reasons(faults)}`);
  if (report !== undefined) await writeWhole(report, junit(runs), 0o600);
  const failed = cells.filter(({ error }) => error !== null);
  for (const { scenario, fault, error } of failed) {
    problems.write(`${scenario}${fault === null ? "" : ` --fault ${fault}`} --seed ${seed}: ${error}\n`);
  }
  const took = duration(Math.round(performance.now() - from));
  output.write(`${cells.length - failed.length} of ${count} runs are well (${took}).\n`);
  if (isInterrupted) return EXIT_INTERRUPTED;
  return failed.length === 0 ? 0 : EXIT_FAILED;
}

/** Why this pair makes no sense; undefined: it does. */
function senselessOf({ scenario, fault }: { scenario: ScenarioName; fault: FaultName | null }): string | undefined {
  return fault === null ? undefined : SCENARIOS[scenario].senseless?.[fault];
}

/** A line for each pair that makes no sense. */
function reasons(faults: (FaultName | null)[]): string {
  const lines = SCENARIO_NAMES.flatMap((scenario) =>
    faults.flatMap((fault) => {
      const reason = senselessOf({ scenario, fault });
      return reason === undefined ? [] : [`  ${scenario} under ${fault}: ${reason}.\n`];
    }),
  );
  return lines.length === 0 ? "" : `Not run, as it makes no sense (/):\n${lines.join("")}\n`;
}

/** A line for each scenario, a column for each fault. */
function table(cells: Cell[], faults: (FaultName | null)[]): string {
  const heads = faults.map((fault) => fault ?? "none");
  const width = Math.max(...SCENARIO_NAMES.map(({ length }) => length));
  const line = (first: string, rest: string[]) =>
    [first.padEnd(width), ...rest.map((text, at) => text.padEnd(heads[at]?.length ?? 0))].join("  ").trimEnd();
  const rows = SCENARIO_NAMES.map((name) => {
    const marks = faults.map((fault) => {
      const cell = cells.find((one) => one.scenario === name && one.fault === fault);
      if (senselessOf({ scenario: name, fault }) !== undefined) return "/";
      return cell === undefined ? "-" : cell.error === null ? "ok" : "FAIL";
    });
    return line(name, marks);
  });
  return `${[line("", heads), ...rows].join("\n")}\n`;
}
