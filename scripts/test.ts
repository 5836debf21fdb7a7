/**
 * `npm test`: the quick checks first, so that their failures show within seconds, then the tests. What is given after `--` goes to
 * vitest. `--no-tests` leaves the tests out.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const CHECKS = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings"] },
  { name: "rooms and arrows", command: ["node", "scripts/guard.ts"] },
  { name: "generated docs", command: ["node", "scripts/docs.ts", "--check"] },
  { name: "unused files and dependencies", command: ["knip", "--include", "files,dependencies,unlisted,unresolved"] },
  { name: "types", command: ["tsc", "-p", "."] },
];

const COMPILED = fileURLToPath(new URL("../node_modules/.cache/koa-ocm/compiled", import.meta.url));

const args = process.argv.slice(2);
const { values } = parseArgs({ args, options: { "no-tests": { type: "boolean" } }, strict: false });
const failed = CHECKS.filter(({ name, command }) => !passes(name, command)).map(({ name }) => name);

if (!values["no-tests"]) {
  const [program = "", ...rest] = ["vitest", "run", "--config", "scripts/vitest.config.ts", ...args];
  // Each test file has a process of its own, and many start servers and commands in others.
  const env = { NODE_COMPILE_CACHE: COMPILED, ...process.env };
  const { status } = spawnSync(program, rest, { stdio: "inherit", env });
  if (status !== 0) failed.push("tests");
}
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.join(", ")}`);
  process.exitCode = 1;
}

function passes(name: string, command: readonly string[]): boolean {
  const [program = "", ...rest] = command;
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(program, rest, { encoding: "utf8" });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "failed"} ${name} (${seconds} s)`);
  if (status !== 0) console.log(error?.message ?? `${stdout}${stderr}`.trimEnd());
  return status === 0;
}
