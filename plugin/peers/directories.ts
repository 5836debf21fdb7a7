import type { Logger } from "../ports/log.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import type { System } from "../ports/system.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { DirectoryDocument } from "../protocol/directory.ts";
import { OcmError } from "../protocol/errors.ts";
import type { Connections } from "./connections.ts";
import { type DirectorySetting, fetchDirectory } from "./directory.ts";
import { createHttp } from "./http.ts";

/** Milliseconds after a directory could not be used, before it is asked again. */
const AGAIN_AFTER = 5 * 60_000;
/** Milliseconds for which the last good copy counts. A server that left the federation has left this page by then. */
const KEPT = 7 * 24 * 3600 * 1000;

/** The directories of the option `wayf.directories`, each with its last good copy in memory (G-65). */
export interface Directories {
  /** What they say now, in the order of the option; those of which nothing is known, or only what is too old, are left out. Asks nobody. */
  documents(): DirectoryDocument[];
  /** Asks each of them now, and again whenever its copy has reached its age, until it is closed. */
  start(): void;
  close(): Promise<void>;
}

export interface DirectoriesOptions {
  system: System;
  logger: Logger;
  connections: Connections;
  settings: readonly DirectorySetting[];
  telemetry: Pick<Telemetry, "ask">;
}

interface Kept {
  document: DirectoryDocument;
  fetchedAt: number;
}

export function createDirectories(options: DirectoriesOptions): Directories {
  const { system, logger, connections, settings, telemetry } = options;
  const http = createHttp(system, telemetry);
  const kept = new Map<DirectorySetting, Kept>();
  const failing = new Set<DirectorySetting>();
  const stop = new AbortController();
  let running: Promise<unknown> = Promise.resolve();

  const current = (setting: DirectorySetting): Kept | undefined => {
    const found = kept.get(setting);
    if (found === undefined || system.now() - found.fetchedAt < KEPT) return found;
    kept.delete(setting);
    logger.warn({ url: setting.url }, "The last good copy of the directory is a week old and is no longer used.");
    return undefined;
  };
  const refresh = async (setting: DirectorySetting): Promise<number> => {
    const { url } = setting;
    try {
      const { document, life } = await fetchDirectory({ system, http, connections }, setting);
      kept.set(setting, { document, fetchedAt: system.now() });
      const { federation, servers, leftOut } = document;
      const facts = { url, federation, servers: servers.length, leftOut };
      if (failing.delete(setting)) logger.info(facts, "The directory can be used again.");
      else logger.debug(facts, "The directory was read.");
      return life;
    } catch (error) {
      if (stop.signal.aborted) return AGAIN_AFTER;
      const reason = error instanceof PeerFailure || error instanceof OcmError ? error.message : "See the error.";
      const level = failing.has(setting) ? "debug" : "warn";
      failing.add(setting);
      logger[level](
        { url, err: error },
        `The directory cannot be used: ${reason} Its last good copy counts for a week.`,
      );
      return AGAIN_AFTER;
    }
  };
  const follow = async (setting: DirectorySetting): Promise<void> => {
    while (!stop.signal.aborted) await system.sleep(await refresh(setting), stop.signal);
  };
  return {
    documents: () => settings.flatMap((setting) => current(setting)?.document ?? []),
    start() {
      running = Promise.all(settings.map(follow));
    },
    async close() {
      stop.abort();
      http.close();
      await running;
    },
  };
}
