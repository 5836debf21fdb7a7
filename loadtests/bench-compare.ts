/** `npm run bench:compare -- BASE`: what this checkout made slower or faster since the commit BASE. See `--help`. */
import { rm, writeFile } from "node:fs/promises";
import { BadOptions } from "./bench/options.ts";
import { createChildren } from "./bench/process/children.ts";
import { NoSuchCommit } from "./compare/checkout.ts";
import { HELP, readCompareOptions } from "./compare/options.ts";
import { runComparison } from "./compare/run.ts";
import { table } from "./compare/table.ts";

const EXIT_SLOWER = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const children = createChildren();
const interruption = new AbortController();
process.on("exit", () => children.kill());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interruption.abort(new Error(`Ended by ${signal}.`)));
}

try {
  const options = readCompareOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
  } else {
    for (const file of [options.json, options.markdown]) if (file !== undefined) await rm(file, { force: true });
    const progress = (line: string) => console.log(line);
    const report = await runComparison(options, { children, progress, signal: interruption.signal });
    const text = table(report);
    console.log(`\n${text}`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    if (options.markdown !== undefined) await writeFile(options.markdown, `${text}\n`);
    process.exitCode = report.ok ? 0 : EXIT_SLOWER;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const isUsage = error instanceof BadOptions || error instanceof NoSuchCommit;
  process.exitCode = interruption.signal.aborted ? EXIT_INTERRUPTED : isUsage ? EXIT_USAGE : EXIT_SLOWER;
}
