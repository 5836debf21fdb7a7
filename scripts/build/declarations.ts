import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const RELATIVE_IMPORT = /(?<=(?:from |import\()")(\.[^"]+)\.[jt]s(?=")/g;

/**
 * Copies a declaration file and all that it imports from beside it to `.d.cts`. TypeScript wants declarations of their own for a
 * CommonJS file: a `.d.ts` of a package of modules always declares a module.
 */
export function writeCommonJsDeclarations(file: string, written = new Set<string>()): void {
  if (written.has(file)) return;
  written.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, path] of text.matchAll(RELATIVE_IMPORT)) {
    writeCommonJsDeclarations(join(dirname(file), `${path}.d.ts`), written);
  }
  writeFileSync(file.replace(/\.d\.ts$/, ".d.cts"), text.replace(RELATIVE_IMPORT, "$1.cjs"));
}
