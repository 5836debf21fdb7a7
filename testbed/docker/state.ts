import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { castMember } from "../launcher/cast.ts";
import type { ServerConfig } from "../server/config.ts";
import { createAuthority } from "../tls/authority.ts";
import { writeWhole } from "../write-file.ts";
import { type BalancerSettings, type PeersSettings, PORTS, type ProxySettings } from "./image/settings.ts";
import { PEER_HOSTS } from "./peers/names.ts";

/** Where a testbed that is up has its secrets. Compose reads them from here into the containers. */
export const STATE_FOLDER = fileURLToPath(new URL("../../.tmp/docker", import.meta.url));
const FILE = join(STATE_FOLDER, "testbed.json");
export const AUTHORITY_FILE = join(STATE_FOLDER, "ca.pem");

const SERVERS = 3;
/** Accounts of each server for scenarios, one a run: each begins with empty books. */
const PLAYERS = 16;
/** Longer than the balancer takes to notice. */
const DRAIN_MS = 1500;

const account = z.object({ username: z.string(), password: z.string(), address: z.string() });
const state = z.object({
  database: z.enum(["mongodb", "sqlite"]),
  /** On the loopback address of this machine, over TLS. */
  port: z.number(),
  observe: z.boolean(),
  /** For the control ports of the proxies. */
  token: z.string(),
  /** Certificates in PEM, valid and expired, for each server. */
  servers: z.array(
    z.object({
      name: z.string(),
      host: z.string(),
      origin: z.string(),
      /** The services of its processes. */
      processes: z.array(z.string()),
      /** For people; the first one. */
      account,
      /** Somebody whose lists nothing fills but a load test. */
      lister: account,
      /** For scenarios. */
      players: z.array(account),
      certificates: z.object({
        good: z.object({ key: z.string(), cert: z.string() }),
        expired: z.object({ key: z.string(), cert: z.string() }),
      }),
    }),
  ),
});

/** What is known of a testbed that is up. */
export type DockerState = z.infer<typeof state>;
export type DockerServer = DockerState["servers"][number];
export type DatabaseKind = DockerState["database"];

/** What a testbed is to be like. */
export interface Wishes {
  database: DatabaseKind;
  port: number;
  observe: boolean;
}

/** The state of the testbed that is up, as it seems; null: none. */
export async function readState(): Promise<DockerState | null> {
  const text = await readFile(FILE, "utf8").catch(() => null);
  return text === null ? null : state.parse(JSON.parse(text));
}

/** Makes names, passwords, keys and certificates of a new testbed and writes them down for the containers. */
export async function makeState({ database, port, observe }: Wishes): Promise<DockerState> {
  // The folder keeps others out. The files in it have to be readable for the user in the containers, who is somebody else.
  await rm(STATE_FOLDER, { recursive: true, force: true });
  await mkdir(STATE_FOLDER, { recursive: true });
  await chmod(STATE_FOLDER, 0o700);
  const authority = await createAuthority();
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, async (_, index): Promise<DockerServer> => {
      const { server, account: person } = castMember(index, 1);
      const host = `${server.name}.test`;
      const at = (username: string, password: string) => ({ username, password, address: `${username}@${host}` });
      return {
        name: server.name,
        host,
        origin: `https://${host}`,
        processes: (database === "mongodb" ? [1, 2] : [1]).map((number) => `${server.name}-${number}`),
        account: at(person.username, person.password),
        lister: at("lister", randomBytes(12).toString("base64url")),
        players: Array.from({ length: PLAYERS }, (_unused, player) =>
          at(`${person.username}-${player + 1}`, randomBytes(12).toString("base64url")),
        ),
        certificates: {
          good: await authority.issue([host]),
          expired: await authority.issue([host], Date.now() - 1000),
        },
      };
    }),
  );
  const made: DockerState = { database, port, observe, token: randomBytes(24).toString("base64url"), servers };
  const [first = "", ...others] = servers.map(({ host }) => host);
  const balancer: BalancerSettings = {
    sites: servers.map(({ name, host, processes }) => ({
      name,
      host,
      processes: processes.map((service) => ({ host: service, port: PORTS.plain })),
    })),
    tls: await authority.issue([first, ...others]),
  };
  await writeWhole(AUTHORITY_FILE, authority.certificate, 0o644);
  const peers: PeersSettings = { tls: await authority.issue(PEER_HOSTS), token: made.token };
  await write("balancer", balancer);
  await write("peers", peers);
  for (const server of servers) {
    await write(`${server.name}-server`, serverConfig(server, servers, authority.certificate));
    await write(`${server.name}-proxy`, proxySettings(server, made.token));
  }
  await writeWhole(FILE, JSON.stringify(made), 0o600);
  return made;
}

/** Forgets everything about a testbed that is down. */
export async function forgetState(): Promise<void> {
  await rm(STATE_FOLDER, { recursive: true, force: true });
}

function serverConfig(
  { name, origin, account: person, lister, players }: DockerServer,
  all: DockerServer[],
  ca: string,
): ServerConfig {
  return {
    name,
    port: PORTS.plain,
    host: "0.0.0.0",
    origin,
    dataDir: "/data",
    drainMs: DRAIN_MS,
    users: [person, lister, ...players].map(({ username, password }) => ({
      id: username,
      displayName: `${username.slice(0, 1).toUpperCase()}${username.slice(1)} on ${name}`,
      password,
    })),
    // Each by its name, and with nothing switched off but that the addresses behind these names are private. Those of load tests are dead
    // servers at other ports, too.
    peers: Object.fromEntries(
      [...all.map(({ host }) => host), ...PEER_HOSTS.map((host) => `${host}:*`)].map((entry) => [
        entry,
        { ca, allowPrivateAddresses: true },
      ]),
    ),
    log: "stdout",
  };
}

function proxySettings({ name, origin, certificates }: DockerServer, token: string): ProxySettings {
  return { name, origin, tls: certificates.good, token, target: { host: "balancer", port: PORTS.plain } };
}

function write(name: string, content: object): Promise<void> {
  return writeWhole(join(STATE_FOLDER, `${name}.json`), JSON.stringify(content), 0o644);
}
