import type { Ocm, OcmOptions } from "../index.ts";
import { commandNamed, type Flags, readArguments } from "./arguments.ts";
import { type Command, UsageError } from "./command.ts";
import { readOptions } from "./configuration.ts";
import { deliveries } from "./deliveries.ts";
import { doctor } from "./doctor.ts";
import { helpOn, helpOnAll } from "./help.ts";
import { keys } from "./keys.ts";
import { migrate } from "./migrate.ts";
import { outputTo } from "./output.ts";
import { packageVersion } from "./package-version.ts";
import { peers } from "./peers.ts";

const COMMANDS: readonly Command[] = [doctor, peers, deliveries, keys, migrate];

const COMMON: Flags = {
  config: { type: "string", value: "FILE", summary: "ES module or JSON file that exports the options of createOcm" },
  database: { type: "string", value: "URL", summary: "the server's database (or OCM_DATABASE)" },
  origin: { type: "string", value: "URL", summary: "the server's origin (or OCM_ORIGIN)" },
  json: { type: "boolean", summary: "print JSON, one object a line" },
  verbose: { type: "boolean", summary: "log to stderr what is done" },
  help: { type: "boolean", summary: "explain the command" },
  version: { type: "boolean", summary: "print the version of koa-ocm" },
};

/**
 * Runs one command line. Never throws.
 * @returns the exit code: 0; 1 where a check or the work failed; 2 where the command could not be run as it was given
 */
export async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const { command, given } = readArguments(args, COMMANDS, COMMON);
    const out = outputTo(process.stdout, given.flags.json === true);
    if (given.flags.version === true) {
      out.line(packageVersion());
      return 0;
    }
    if (command === "help" || given.flags.help === true) {
      const about = command === "help" ? commandNamed(given.operands[0], COMMANDS) : command;
      for (const line of about === undefined ? helpOnAll(COMMANDS, COMMON) : helpOn(about, COMMON)) out.line(line);
      return 0;
    }
    const refusal = command.refuse(given);
    if (refusal !== null) throw new UsageError(`${refusal} See koa-ocm help ${command.name}.`);
    const ocm = await openServer(await readOptions(given, env, command.makesDatabase ?? false));
    try {
      return await command.run(ocm, given, out);
    } finally {
      await ocm.close();
    }
  } catch (error) {
    complain(error, args.includes("--verbose"));
    return error instanceof UsageError ? 2 : 1;
  }
}

/** @throws UsageError for whatever keeps the server's database from being opened */
async function openServer(options: OcmOptions): Promise<Ocm> {
  // Whoever only asks for help, or has mistyped something, does not wait for the whole plugin.
  const { createOcm } = await import("../index.ts");
  try {
    return await createOcm(options);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function complain(error: unknown, verbose: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  const next = error instanceof Error && "next" in error ? ` ${String(error.next)}` : "";
  process.stderr.write(`koa-ocm: ${`${message}${next}`.replace(/[\p{Cc}\p{Cf}]+/gu, " ")}\n`);
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
}
