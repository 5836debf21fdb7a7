import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { httpRole, type Role } from "../roles.ts";
import { type StepListener, type StepResult, stepper } from "../scenarios/steps.ts";
import { walk } from "../scenarios/walk.ts";
import { PortTaken } from "../server/listen.ts";
import { type CastMember, cast } from "./cast.ts";
import { dataFolder } from "./data-folder.ts";
import { duration, type Output, showServers, stepDisplay } from "./display.ts";
import { checkPorts, type Federation, startFederation } from "./federation.ts";
import { type Flags, HELP, readFlags } from "./flags.ts";
import { type ReportFile, reportFile } from "./report-file.ts";
import { ServerEnded } from "./server-process.ts";
import { BadFlags } from "./words.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** A server that does not start with what it was given, such as the data of another version. The message is one line. */
class NotStarted extends Error {}

/**
 * The whole of `npm start`: reads the flags, starts the servers, walks, and stays up until it is told to end.
 *
 * @param interrupted resolves when the person or the system asks for the end
 * @returns the exit code; nothing is left running
 */
export async function launch(
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
): Promise<number> {
  try {
    const flags = readFlags(words);
    if (flags.help) {
      output.write(HELP);
      return 0;
    }
    return await run(flags, output, interrupted);
  } catch (error) {
    if (error instanceof BadFlags) {
      problems.write(`${error.message}\n`);
      return EXIT_USAGE;
    }
    if (error instanceof PortTaken || (error instanceof ServerEnded && error.portTaken)) {
      problems.write(`${error.message.split("\n")[0]} Choose another with --port.\n`);
      return EXIT_USAGE;
    }
    if (error instanceof NotStarted) {
      problems.write(`${error.message}\n`);
      return EXIT_USAGE;
    }
    problems.write(`${describe(error)}\n`);
    return hasNoSpace(error) ? EXIT_USAGE : EXIT_FAILED;
  }
}

async function run(flags: Flags, output: Output, interrupted: Promise<void>): Promise<number> {
  const members = cast(flags.nodes, flags.port);
  const report = reportFile(flags.json, members);
  await report.clear();
  await checkPorts(members);
  const dataDir = await dataFolder(flags.data);
  try {
    const from = performance.now();
    const starting = startFederation(members, dataDir, flags.database).catch((error: unknown) => {
      if (error instanceof ServerEnded && error.refusal !== null && !error.portTaken)
        throw new NotStarted(error.refusal);
      throw error;
    });
    const federation = await Promise.race([starting, interrupted]);
    if (!federation) {
      await starting.then((started) => started.stop()).catch(() => undefined);
      return EXIT_INTERRUPTED;
    }
    try {
      output.write(`${members.length} servers are ready (${duration(Math.round(performance.now() - from))}):\n`);
      showServers(output, members);
      output.write(`Their data is in ${dataDir}${flags.data === undefined ? ", until they end" : ""}.\n\n`);
      return await use(federation, members, report, flags, output, interrupted);
    } finally {
      await federation.stop();
    }
  } finally {
    if (flags.data === undefined) {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/** The walk, and the time after it. */
async function use(
  federation: Federation,
  members: CastMember[],
  report: ReportFile,
  flags: Flags,
  output: Output,
  interrupted: Promise<void>,
): Promise<number> {
  const steps: StepResult[] = [];
  await report.write(steps, null);
  const from = performance.now();
  const walking = walkOnce(members, recording(stepDisplay(output), steps));
  const outcome = await Promise.race([walking, interrupted.then(() => "interrupted" as const), federation.ended]).catch(
    async (error) => {
      await report.write(steps, false);
      throw error;
    },
  );
  await report.write(steps, outcome === "done");
  if (outcome === "interrupted") {
    return EXIT_INTERRUPTED;
  }
  const took = duration(Math.round(performance.now() - from));
  const exitCode = outcome === "done" ? 0 : EXIT_FAILED;
  output.write(
    outcome === "done"
      ? `\nAll ${steps.length} steps are done (${took}).\n`
      : `\nThe step “${steps.at(-1)?.name}” failed: ${steps.at(-1)?.error}\n`,
  );
  if (!flags.once) {
    output.write("The servers stay up. Ctrl-C ends them.\n");
    await Promise.race([interrupted, federation.ended]);
  }
  return exitCode;
}

async function walkOnce(members: CastMember[], listener: StepListener): Promise<"done" | "failed"> {
  const [sender, receiver, ...others] = members.map(({ server, account }): Role => httpRole(server, account));
  if (!sender || !receiver) {
    throw new Error("The walk needs two servers.");
  }
  return walk(stepper(listener), { sender, receiver, others }, randomBytes(8).toString("hex")).then(
    () => "done",
    () => "failed",
  );
}

function recording(listener: StepListener, steps: StepResult[]): StepListener {
  return {
    started: (name) => listener.started(name),
    ended(result, detail) {
      steps.push(result);
      listener.ended(result, detail);
    },
  };
}

function hasNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
