/**
 * `npm run bench`: how fast the plugin answers, beside a server on bare node:http that does the same work in the same run. `--help` shows the
 * flags.
 */
import { rm, writeFile } from "node:fs/promises";
import { EXIT_INTERRUPTED, EXIT_USAGE } from "../testbed/launcher/ending.ts";
import { BadOptions, HELP, readOptions } from "./bench/options.ts";
import { createChildren } from "./bench/process/children.ts";

const EXIT_FAILED = 1;

const children = createChildren();
const interruption = new AbortController();
process.on("exit", () => children.kill());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interruption.abort(new Error(`Ended by ${signal}.`)));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
  } else {
    if (options.json !== undefined) await rm(options.json, { force: true });
    // They take a while to load, and a wrong flag is said at once.
    const [{ runBench }, { table }] = await Promise.all([import("./bench/run.ts"), import("./bench/table.ts")]);
    const progress = (line: string) => console.log(line);
    const report = await runBench(options, { children, progress, signal: interruption.signal });
    console.log(`\n${table(report)}`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const isUsage = error instanceof BadOptions;
  process.exitCode = interruption.signal.aborted ? EXIT_INTERRUPTED : isUsage ? EXIT_USAGE : EXIT_FAILED;
}
