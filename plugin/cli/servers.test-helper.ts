import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import Koa from "koa";
import { pino } from "pino";
import { createOcm, type Host, HostFileError, type HostUser, type Ocm, type OcmOptions } from "../index.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command as a process of its own, with an environment that names no server. */
export function cliProcess(args: string[], env: Record<string, string> = {}) {
  const { OCM_DATABASE: _database, OCM_ORIGIN: _origin, ...inherited } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...inherited, ...env },
    timeout: 60_000,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs the command to its end. */
export async function cli(args: string[], env?: Record<string, string>): Promise<CliResult> {
  const child = cliProcess(args, env);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, stdout, stderr };
}

/** Loopback and plain http are permitted, and nothing else is relaxed. */
export const LAB = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };

export interface RunningServer {
  ocm: Ocm;
  origin: string;
  /** host:port */
  host: string;
  database: string;
  /** The flags that name it. */
  flags: string[];
  close(): Promise<void>;
}

/** A file server with koa-ocm in it, listening, with its database in a folder. */
export async function startServer(
  folder: string,
  name: string,
  options: Partial<OcmOptions> = {},
): Promise<RunningServer> {
  const app = new Koa();
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const origin = `http://${host}`;
  const database = `file:${join(folder, `${name}.sqlite`)}`;
  const logger = pino({ level: "silent" });
  const ocm = await createOcm({ origin, database, name, host: smallHost(), peers: LAB, logger, ...options });
  app.use(ocm.middleware());
  server.on("request", app.callback());
  return {
    ocm,
    origin,
    host,
    database,
    flags: ["--database", database, "--origin", origin],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ocm.close();
    },
  };
}

/** One person, alice, with one file. */
function smallHost(): Host {
  const alice: HostUser = { id: "alice", displayName: "Alice" };
  const none = async (): Promise<never> => {
    throw new HostFileError("not-found", "There is nothing.");
  };
  return {
    users: { find: async (id) => (id === alice.id ? alice : undefined) },
    files: {
      stat: async (_user, path) =>
        path === "/notes.txt" ? { name: "notes.txt", type: "file", size: 1, modifiedAt: 0, etag: "1" } : undefined,
      async *list() {},
      open: none,
      write: none,
      mkdir: none,
      move: none,
      remove: none,
    },
    session: { authenticate: async () => undefined, forgery: () => null },
  };
}
