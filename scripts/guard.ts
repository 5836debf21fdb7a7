/**
 * Checks what no other tool checks: the arrows between rooms, and what only `plugin/system` may use. Prints one
 * `file:line: message` for each fault and exits with 1 if there is any. `node scripts/guard.ts [FOLDER]`
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkMachine } from "./guard/machine.ts";
import { checkImports } from "./guard/rooms.ts";
import { type Finding, parseSource } from "./guard/source.ts";
import { checkKind, checkLength, checkPlaces } from "./guard/text.ts";

const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".tmp", "dist", "coverage"]);
const TEXT =
  /(^|\/)(\.[\w.-]+|Dockerfile|LICENSE|run)$|\.(ts|mts|cts|js|mjs|cjs|json|css|html|md|sh|py|yml|yaml|toml|txt|svg)$/;

/** Every fault in the tree under `root`, file by file. */
export function guard(root: string): Finding[] {
  const dependencies = new Set(Object.keys(readManifest(root).dependencies ?? {}));
  return filesBelow(root, "").flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const findings = [...checkKind(file), ...checkLength(file, text), ...checkPlaces(file, text)];
    if (!file.endsWith(".ts")) return findings;
    const source = parseSource(file, text);
    return [...findings, ...checkImports(source, dependencies), ...checkMachine(source)];
  });
}

function readManifest(root: string): { dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

function filesBelow(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesBelow(root, path);
      return entry.isFile() && TEXT.test(path) ? [path] : [];
    });
}

if (import.meta.main) {
  const findings = guard(resolve(process.argv[2] ?? "."));
  for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
  if (findings.length > 0) process.exitCode = 1;
}
