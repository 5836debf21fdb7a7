import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { FAULT_NAMES, FAULTS, type FaultName } from "../faults/faults.ts";
import { har } from "../faults/har.ts";
import { trace } from "../faults/trace.ts";
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from "../scenarios/table.ts";
import { writeWhole } from "../write-file.ts";
import { duration, interruptibleDisplay, type Output, summary } from "./display.ts";
import { clear, EXIT_INTERRUPTED, EXIT_USAGE } from "./ending.ts";
import { junit } from "./junit.ts";
import { mustHaveRoom, ROOM_FOR_RUN } from "./room.ts";
import { type Outcome, runScenario } from "./run-scenario.ts";
import { KINDS, type Kind } from "./stage.ts";
import { BadFlags, named, readWords } from "./words.ts";

const EXIT_FAILED = 1;
/** Milliseconds within which a signal is known here that has ended a server. */
const SIGNAL_HEARD_AFTER = 200;

const OPTIONS = {
  sender: { type: "string" },
  receiver: { type: "string" },
  fault: { type: "string" },
  seed: { type: "string" },
  tls: { type: "boolean" },
  trace: { type: "boolean" },
  har: { type: "string" },
  junit: { type: "string" },
  help: { type: "boolean" },
} as const;

const HELP = `Usage: npm run scenario -- NAME [flags]

Starts the servers that a scenario needs, plays it, and ends them. npm run scenarios lists the names.

  --sender KIND     The kind of the sender's server: koa-ocm.
  --receiver KIND   The kind of the receiver's server: koa-ocm, or legacy, which can only receive. Default: what the scenario needs.
  --fault NAME      What the servers and all messages between them suffer from; npm run scenarios lists the names.
  --seed TEXT       Contents and faults follow from it. Default: a new one, which is printed.
  --tls             The servers speak TLS to each other, with certificates of an authority that is made for the run.
  --trace           Print the conversation of the servers as a sequence diagram, with secrets masked.
  --har FILE        Write the conversation there as an HTTP Archive, with secrets masked.
  --junit FILE      Write the steps there as a JUnit report.
  --help            Show this.

Exit codes: 0 all well, 1 the scenario failed, 2 a name or a flag is wrong or there is no space, 130 interrupted.
`;

/** What one run was asked for. */
interface Request {
  name: ScenarioName;
  fault?: FaultName;
  seed: string;
  tls: boolean;
  sender?: Kind;
  receiver?: Kind;
  trace: boolean;
  har?: string;
  junit?: string;
}

/**
 * The whole of `npm run scenario`: nothing is left running when it resolves.
 *
 * @param interrupted resolves when the person or the system asks for the end
 * @returns the exit code
 */
export async function scenarioCommand(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const request = readRequest(words);
    if (request === "help") {
      output.write(HELP);
      return 0;
    }
    for (const file of [request.har, request.junit]) await clear(file);
    await mustHaveRoom(tmpdir(), ROOM_FOR_RUN);
    return await run(request, output, problems, interrupted);
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function run(request: Request, output: Output, problems: Output, interrupted: Promise<void>): Promise<number> {
  const { name, fault, seed } = request;
  output.write(`${name}: ${SCENARIOS[name].line}\n`);
  if (fault !== undefined) output.write(`Fault ${fault}: ${FAULTS[fault].line}.\n`);
  let isInterrupted = false;
  const noted = interrupted.then(() => {
    isInterrupted = true;
  });
  const display = interruptibleDisplay(output);
  const outcome = await runScenario(SCENARIOS[name], {
    seed,
    listener: display,
    interrupted,
    ...(fault === undefined ? {} : { fault }),
    ...(request.tls ? { tls: true } : {}),
    ...(request.sender === undefined ? {} : { sender: request.sender }),
    ...(request.receiver === undefined ? {} : { receiver: request.receiver }),
  });
  // A signal to all processes may end a server before this one hears of it.
  await Promise.race([noted, outcome.error === null ? undefined : delay(SIGNAL_HEARD_AFTER)]);
  const wasInterrupted = outcome.interrupted || (outcome.error !== null && isInterrupted);
  display.close(wasInterrupted);
  const { ms, messages, servers } = outcome;
  // What failed for the end that was asked for has not failed.
  const steps = wasInterrupted ? outcome.steps.filter(({ ok }) => ok) : outcome.steps;
  const error = wasInterrupted ? null : outcome.error;
  if (request.trace) output.write(`\n${trace(messages, servers)}\n`);
  if (request.har !== undefined) await writeWhole(request.har, har(messages), 0o600);
  if (request.junit !== undefined) await writeWhole(request.junit, junit([{ name, steps, ms, error }]), 0o600);
  if (wasInterrupted) {
    problems.write(`\n${name} was interrupted after ${duration(ms)}.\n`);
    return EXIT_INTERRUPTED;
  }
  const spoken = spokenOf(outcome, fault);
  if (error === null) {
    output.write(`\nAll ${steps.length} steps are done (${duration(ms)}); ${spoken}. Seed: ${seed}\n`);
    return 0;
  }
  problems.write(`\n${name} failed after ${duration(ms)}: ${error}\n${spoken}. The same again: --seed ${seed}\n`);
  return EXIT_FAILED;
}

/** How much the servers said, and what the fault did of that. */
function spokenOf({ messages, harms }: Outcome, fault: FaultName | undefined): string {
  const all = `${messages.length} messages between the servers`;
  if (fault === undefined) return all;
  if (FAULTS[fault].kind !== "network") return `${all}; the fault: ${summary(harms) || "it never came to it"}`;
  return `${all}, ${messages.filter(({ harm }) => harm !== null).length} of them harmed`;
}

/** @throws BadFlags */
function readRequest(words: string[]): Request | "help" {
  const { flags, operands } = readWords(words, OPTIONS);
  if ("help" in flags) return "help";
  const [written, more] = operands;
  if (written === undefined) throw new BadFlags("Name a scenario; npm run scenarios lists them.");
  if (more !== undefined) throw new BadFlags(`One scenario at a time: “${more}” is one too many.`);
  const name = named("scenario", written, SCENARIO_NAMES);
  const sender = flags.sender === undefined ? undefined : named("server kind", flags.sender, KINDS);
  const receiver = flags.receiver === undefined ? undefined : named("server kind", flags.receiver, KINDS);
  if (sender === "legacy") throw new BadFlags("A legacy server can only receive: --receiver legacy.");
  const needed = SCENARIOS[name].receiver ?? "koa-ocm";
  if (receiver !== undefined && receiver !== needed) {
    throw new BadFlags(`${name} needs --receiver ${needed}; a server of the kind ${receiver} cannot play it.`);
  }
  const fault = flags.fault === undefined ? undefined : named("fault", flags.fault, FAULT_NAMES);
  const senseless = fault === undefined ? undefined : SCENARIOS[name].senseless?.[fault];
  if (senseless !== undefined) throw new BadFlags(`${name} makes no sense under ${fault}: ${senseless}.`);
  if ("tls" in flags && needed === "legacy") throw new BadFlags("The legacy server speaks plain HTTP only.");
  return {
    name,
    tls: "tls" in flags,
    ...(sender === undefined ? {} : { sender }),
    ...(receiver === undefined ? {} : { receiver }),
    seed: flags.seed ?? randomBytes(4).toString("hex"),
    trace: "trace" in flags,
    ...(fault === undefined ? {} : { fault }),
    ...(flags.har === undefined ? {} : { har: flags.har }),
    ...(flags.junit === undefined ? {} : { junit: flags.junit }),
  };
}
