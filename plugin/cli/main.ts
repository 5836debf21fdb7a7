#!/usr/bin/env node
import { run } from "./run.ts";

// Whoever reads only the first lines has heard enough.
process.stdout.on("error", () => process.exit(0));

const code = await run(process.argv.slice(2), process.env);
// What a configuration file has opened must not keep the process, and all that was said must get out before it ends.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
