/**
 * `npm run loadtest -- NAME`: runs a k6 script of `loadtests/k6` against servers that it starts, by k6 where that is there and
 * else in Node. `--help` shows the flags.
 */
import { runCommand } from "../testbed/launcher/run-command.ts";
import { loadtestCommand } from "./loadtest/command.ts";

await runCommand(loadtestCommand);
