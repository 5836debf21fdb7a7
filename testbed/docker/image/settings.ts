import { readFile } from "node:fs/promises";
import { databaseOf } from "../../launcher/federation.ts";
import type { ServerConfig } from "../../server/config.ts";
import type { Credentials } from "../../tls/authority.ts";
import type { Site } from "../balancer/balancer.ts";

/** Where compose puts the settings of a container. */
const FOLDER = "/run/secrets";

/** Ports inside the containers. Only the proxies take one that is known to everybody, as on the internet. */
export const PORTS = { peers: 443, people: 8443, plain: 8080, control: 9000 } as const;

/** What a balancer is told. */
export interface BalancerSettings {
  sites: Site[];
  tls: Credentials;
}

/** What the proxy in front of one server is told. */
export interface ProxySettings {
  name: string;
  origin: string;
  tls: Credentials;
  /** Whoever shows this may tell the proxy what to do, and read what it saw. */
  token: string;
  /** Where the balancer takes what peers say. */
  target: { host: string; port: number };
}

/** What the peers of load tests are told. */
export interface PeersSettings {
  /** Good for all of their names. */
  tls: Credentials;
  /** Whoever shows this may say what they publish, and read what they were sent. */
  token: string;
}

/** The settings of this container. They were written by the same version of this code. */
export async function readSettings<T>(name: "server" | "balancer" | "proxy" | "peers"): Promise<T> {
  return JSON.parse(await readFile(`${FOLDER}/${name}`, "utf8")) as T;
}

/** What a server is told. Its database is the one of the container's environment; without one, an SQLite file. */
export async function serverSettings(): Promise<ServerConfig & { database: string }> {
  const config = await readSettings<ServerConfig>("server");
  const { OCM_TESTBED_DATABASE: url } = process.env;
  return { ...config, database: url ? databaseOf(url, config.name) : `file:${config.dataDir}/ocm.sqlite` };
}

/** Calls this once, when the container is told to end, and leaves. */
export function atEnd(close: () => Promise<void>): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
