import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { pino } from "pino";
import type { OcmOptions } from "../index.ts";
import { type Given, UsageError } from "./command.ts";
import { nobody } from "./nobody.ts";

/**
 * The options of the server that a command is about: from the file of `--config`, then `--database` and `--origin`, then
 * `OCM_DATABASE` and `OCM_ORIGIN`. What a command must not do is switched off.
 * @throws UsageError
 */
export async function readOptions({ flags }: Given, env: NodeJS.ProcessEnv, mayMake: boolean): Promise<OcmOptions> {
  const file: Partial<OcmOptions> = typeof flags.config === "string" ? await readFileOptions(flags.config) : {};
  const database = flags.database ?? file.database ?? env.OCM_DATABASE;
  const origin = flags.origin ?? file.origin ?? env.OCM_ORIGIN;
  if (database === undefined || typeof database === "boolean" || typeof origin !== "string") {
    throw new UsageError(
      "Name the server: --config FILE, or --database URL and --origin URL, or OCM_DATABASE and OCM_ORIGIN.",
    );
  }
  if (typeof database === "string" && !mayMake) refuseMissing(database);
  const level = flags.verbose === true ? "debug" : "error";
  return {
    ...file,
    database,
    origin,
    host: nobody(),
    worker: false,
    pages: false,
    logger: pino({ name: "koa-ocm", level }, pino.destination({ dest: 2, sync: true })),
  };
}

async function readFileOptions(file: string): Promise<Partial<OcmOptions>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no configuration file ${file}.`);
  let options: unknown;
  try {
    if (path.endsWith(".json")) options = JSON.parse(await readFile(path, "utf8"));
    else {
      const module: object = await import(pathToFileURL(path).href);
      options = "default" in module ? module.default : { ...module };
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The configuration file ${file} cannot be read: ${reason}`, { cause });
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new UsageError(`The configuration file ${file} has to export the options of createOcm.`);
  }
  return options;
}

/** A mistyped path must not make a second database with keys of its own. */
function refuseMissing(database: string): void {
  if (!database.startsWith("file:") || database === "file::memory:") return;
  const path = database.startsWith("file://") ? fileURLToPath(database) : database.slice("file:".length);
  if (!existsSync(path)) {
    throw new UsageError(`There is no database ${path}: start the server once, or make it with koa-ocm migrate.`);
  }
}
