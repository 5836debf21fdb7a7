/**
 * Runs a k6 script in Node: `node loadtests/adapter/main.ts run [--quiet] [-e NAME=VALUE]… SCRIPT`, the part of `k6 run` that
 * `npm run loadtest` uses, with the exit codes of k6. It is not k6, and says so.
 */
import { parseArgs } from "node:util";
import { run } from "./run.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    env: { type: "string", short: "e", multiple: true, default: [] },
    quiet: { type: "boolean", short: "q", default: false },
  },
});
const [command, script] = positionals;
if (command !== "run" || script === undefined) {
  console.error("Usage: main.ts run [--quiet] [-e NAME=VALUE]… SCRIPT");
  process.exit(104);
}
const given = values.env.map((pair): [string, string] => {
  const [name = "", ...rest] = pair.split("=");
  return [name, rest.join("=")];
});
const surroundings = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interruption.abort());
// Whoever started it is gone.
process.on("disconnect", () => interruption.abort());

const code = await run({
  script,
  environment: Object.fromEntries([...surroundings, ...given]),
  stdout: (text) => process.stdout.write(text),
  log: (line) => process.stderr.write(`${line}\n`),
  signal: interruption.signal,
  ...(values.quiet
    ? {}
    : {
        progress: ({ fraction, vus, iterations }) =>
          process.stderr.write(
            `running (node adapter): ${Math.round(fraction * 100)} %, ${vus} VUs, ${iterations} iterations\n`,
          ),
      }),
});
// What a script left behind, such as a timer, is no reason to stay.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
