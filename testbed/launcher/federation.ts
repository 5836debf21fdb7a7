import { join } from "node:path";
import type { ServerConfig } from "../server/config.ts";
import { closeServers, listen } from "../server/listen.ts";
import type { CastMember } from "./cast.ts";
import { makeFolder } from "./data-folder.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** Demo servers that run. */
export interface Federation {
  /** Rejects when a server ends unasked; never resolves. */
  ended: Promise<never>;
  stop(): Promise<void>;
}

/** @throws PortTaken when one of the ports is in use */
export async function checkPorts(members: CastMember[]): Promise<void> {
  for (const { server } of members) {
    await closeServers((await listen(server.port, () => undefined)).servers);
  }
}

/**
 * Starts one process for each member and resolves when all of them answer.
 *
 * @param database URL of a MongoDB server; absent: SQLite
 * @throws BadFlags where a folder for the data of one cannot be made
 * @throws ServerEnded after the others were stopped
 */
export async function startFederation(members: CastMember[], dataDir: string, database?: string): Promise<Federation> {
  const configs = members.map((member) => configOf(member, dataDir, database));
  for (const config of configs) {
    await makeFolder(config.dataDir);
  }
  const processes: ServerProcess[] = configs.map((config, index) => startServer(config, undefined, metricsOf(index)));
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((server) => server.stop()));
  };
  try {
    await Promise.all(processes.map((server) => server.ready));
  } catch (error) {
    await stop();
    throw error;
  }
  return { ended: Promise.race(processes.map((server) => server.ended)), stop };
}

/** The port of metrics in the environment is that of the first server; those of the others follow. */
function metricsOf(index: number): Record<string, string> {
  const { OTEL_EXPORTER_PROMETHEUS_PORT: port } = process.env;
  return port === undefined || !/^\d+$/.test(port)
    ? {}
    : { OTEL_EXPORTER_PROMETHEUS_PORT: String(Number(port) + index) };
}

/** What the server process of a member is told. */
export function configOf(
  { server, displayName, account }: CastMember,
  dataDir: string,
  database?: string,
): ServerConfig {
  return {
    name: server.name,
    port: server.port,
    dataDir: join(dataDir, server.name),
    ...(database === undefined ? {} : { database: databaseOf(database, server.name) }),
    users: [{ id: account.username, displayName, password: account.password }],
    // The only relaxation of a demo server: its peers are on this machine, without TLS.
    peers: { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } },
    log: "file",
  };
}

/** The URL with the database `ocm_NAME`; hosts and options stay as they are. */
export function databaseOf(url: string, name: string): string {
  const [, server = url, options = ""] = /^([^/]+:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? [];
  return `${server}/ocm_${name}${options}`;
}
