import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type OutputChunk } from "rolldown";

/**
 * What stays outside: the host's own Koa, the MongoDB driver, which is looked for only where it is used, OpenTelemetry, of which there
 * has to be one, and what dependencies try to load and do without where it is missing.
 */
const OUTSIDE = ["koa", "@mikro-orm/mongodb", "@opentelemetry/api", "dataloader", "supports-color", "tinyglobby"];

/** MikroORM looks for extensions by `import.meta.resolve` and does without them where that fails. */
const EXPECTED = { code: "EMPTY_IMPORT_META", folder: "/node_modules/@mikro-orm/core/" };

interface BundleOptions {
  input: string;
  output: string;
  /** Path of package-lock.json: what it marks as needed for development only must not be in the bundle. */
  lock: string;
}

/**
 * Writes one CommonJS file with all dependencies in it, and their licences beside it.
 * @throws Error if the bundler warns of anything unexpected, or if the bundle holds what is no dependency
 */
export async function writeBundle({ input, output, lock }: BundleOptions): Promise<void> {
  const faults: string[] = [];
  const result = await build({
    input,
    platform: "node",
    external: OUTSIDE,
    onLog(level, log) {
      const expected = log.code === EXPECTED.code && log.id?.includes(EXPECTED.folder);
      if (level === "warn" && !expected) faults.push(log.message);
    },
    output: { file: output, format: "cjs", codeSplitting: false },
  });
  const folders = packageFolders(result.output[0]);
  faults.push(...strangers(folders, lock));
  if (faults.length > 0) throw new Error(`The bundle is not as expected:\n${faults.join("\n")}`);
  const file = join(dirname(output), "third-party-licenses.txt");
  writeFileSync(file, folders.map(licence).join(`\n${"-".repeat(80)}\n\n`));
}

/** `…/node_modules/a/b.js` is of the package in `…/node_modules/a`. */
function packageFolders(chunk: OutputChunk): string[] {
  const folders = chunk.moduleIds.map((module) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0]);
  return [...new Set(folders)].filter((folder) => folder !== undefined).sort();
}

function strangers(folders: string[], lock: string): string[] {
  const { packages }: { packages: Record<string, { dev?: boolean }> } = JSON.parse(readFileSync(lock, "utf8"));
  return folders
    .map((folder) => folder.slice(folder.indexOf("node_modules/")))
    .filter((key) => packages[key]?.dev !== undefined || packages[key] === undefined)
    .map((key) => `${key} is in it, but is no dependency of this package`);
}

function licence(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[sc]e/i.test(each));
  const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  return `${name} ${version} (${license})\n${text}`;
}
