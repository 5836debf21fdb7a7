/**
 * `npm run bench`: how fast the plugin answers, beside a server on bare node:http that does the same work in the same run.
 * `node loadtests/bench.ts [--json FILE] [--only PATH[,PATH]] [--seconds N] [--rounds N] [--database sqlite|mongodb|URL] [--processes N]`. Exit code 1: an answer was wrong, or
 * something failed; 2: the command line cannot be used.
 */
import { rm, writeFile } from "node:fs/promises";
import { BadOptions, readOptions } from "./bench/options.ts";
import { createChildren } from "./bench/process/children.ts";
import { runBench } from "./bench/run.ts";
import { table } from "./bench/table.ts";

const children = createChildren();
const interruption = new AbortController();
process.on("exit", () => children.kill());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => interruption.abort(new Error(`Ended by ${signal}.`)));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.json !== undefined) await rm(options.json, { force: true });
  const progress = (line: string) => console.log(line);
  const report = await runBench(options, { children, progress, signal: interruption.signal });
  console.log(`\n${table(report)}`);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = error instanceof BadOptions ? 2 : 1;
}
