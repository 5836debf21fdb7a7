/**
 * Makes `dist/` from `plugin/`: modules with declarations for `import`, and for `require` one CommonJS file in which every
 * dependency is included, with its declarations beside it. `node scripts/build.ts [FOLDER]`
 */
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { writeBundle } from "./build/bundle.ts";
import { writeCommonJsDeclarations } from "./build/declarations.ts";

const root = resolve(process.argv[2] ?? ".");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "scripts/tsconfig.build.json")], {
  stdio: "inherit",
});
if (compiled.status !== 0) process.exit(1);
chmodSync(join(dist, "cli/main.js"), 0o755);
writeCommonJsDeclarations(join(dist, "index.d.ts"));
await writeBundle({
  input: join(dist, "index.js"),
  output: join(dist, "index.cjs"),
  lock: join(root, "package-lock.json"),
});
