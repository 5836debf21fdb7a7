import type { Output } from "./display.ts";

/** Exit code where the machine does not let a command do its work, such as one without space. */
const EXIT_CANNOT = 2;

/** A command: gets its words and where it writes, resolves with its exit code and leaves nothing running. */
export type Command = (
  words: string[],
  output: Output,
  problems: Output,
  interrupted: Promise<void>,
) => Promise<number>;

/** Runs a command as this process: a signal asks it for its end, and its exit code becomes that of the process. */
export async function runCommand(command: Command): Promise<void> {
  const { promise: interrupted, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  // Whoever reads only the first lines has heard enough; the servers have to be ended all the same.
  process.stdout.on("error", () => resolve());
  const code = await command(process.argv.slice(2), process.stdout, process.stderr, interrupted).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return EXIT_CANNOT;
  });
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
}
