import { cp, readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

/**
 * Copies the packages that the containers need at run time, with all that these need: `node packages.ts node_modules TARGET`. Those of
 * the tools stay behind: they are ten times as much.
 */

/** What the containers import beside the plugin's own dependencies. */
const BESIDE = [
  "@mikro-orm/mongodb",
  "@opentelemetry/api",
  "@opentelemetry/exporter-prometheus",
  "@opentelemetry/exporter-trace-otlp-proto",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-metrics",
  "@opentelemetry/sdk-trace",
  "bcryptjs",
  "koa",
];

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

const [source = "node_modules", target = ""] = process.argv.slice(2).map((path) => resolve(path));
if (target === "") throw new Error("Name the folder of packages, and where they go.");

const folders = new Set<string>();
const own = await manifestOf(resolve(source, ".."));
for (const name of [...Object.keys(own.dependencies ?? {}), ...BESIDE]) await add(name, resolve(source, ".."));
// A package within another one comes with it.
const whole = [...folders].filter((folder) => ![...folders].some((other) => folder.startsWith(`${other}/`)));
const isNeeded = (file: string) => !/\.(?:map|md|d\.[cm]?ts)$/.test(file);
for (const folder of whole) {
  await cp(folder, join(target, relative(source, folder)), { recursive: true, filter: isNeeded });
}
console.log(`${folders.size} packages`);

/** Finds a package as Node would from this folder, and adds it with what it needs. */
async function add(name: string, from: string, isOptional = false): Promise<void> {
  for (let folder = from; folder.length >= resolve(source, "..").length; folder = resolve(folder, "..")) {
    const found = join(folder, "node_modules", name);
    if (!(await stat(found).catch(() => null))) continue;
    if (folders.has(found)) return;
    folders.add(found);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = await manifestOf(found);
    for (const needed of Object.keys(dependencies ?? {})) await add(needed, found);
    for (const needed of Object.keys(optionalDependencies ?? {})) await add(needed, found, true);
    for (const needed of Object.keys(peerDependencies ?? {})) {
      if (peerDependenciesMeta?.[needed]?.optional !== true) await add(needed, found, true);
    }
    return;
  }
  if (!isOptional) throw new Error(`The package ${name} is not in ${source}.`);
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}
