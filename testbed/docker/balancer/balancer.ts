import { Agent, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { closeServers, listen } from "../../server/listen.ts";
import type { Credentials } from "../../tls/authority.ts";
import { pass } from "./pass.ts";
import { type Checking, openPool, type Pool } from "./pool.ts";

/** A server of the federation as the balancer knows it. */
export interface Site {
  name: string;
  /** The host that requests name. */
  host: string;
  processes: { host: string; port: number }[];
}

/** One door of the balancer. */
export interface Door {
  /** Address to listen on. @default every loopback address */
  host?: string;
  /** 0: any that is free. */
  port: number;
  /** Shown to clients; absent: this door speaks plain HTTP, as whoever stands in front of it ended TLS already. */
  tls?: Credentials;
}

export interface Balancer {
  /** Ports of the doors, in their order. */
  ports: number[];
  /** How many processes of each server are ready, by its name. */
  ready(): Record<string, number>;
  close(): Promise<void>;
}

const CHECKING: Checking = { everyMs: 500, longestMs: 2000 };

/**
 * Milliseconds that a connection to a process is kept while nothing is asked on it: well below the five seconds after which the process closes
 * it, maybe just as the next request comes.
 */
const IDLE_MS = 2_000;

/**
 * Stands in front of the processes of several servers: gives each request, by the host that it names, to a process that is ready, in turn.
 *
 * @throws PortTaken
 */
export async function startBalancer(sites: Site[], doors: Door[], checking = CHECKING): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const pools = new Map(sites.map((site) => [site.host, { site, pool: openPool(site.processes, agent, checking) }]));
  const close: (() => Promise<void>)[] = [];
  const ports: number[] = [];

  const listener: RequestListener = (req, res) => {
    take(req, res).catch(() => res.destroy());
  };

  async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const host = req.headers.host ?? "";
    const found = pools.get(host.replace(/:\d+$/, "").toLowerCase());
    if (found === undefined) {
      res.writeHead(421, { "content-type": "text/plain; charset=utf-8" }).end("No server of this name is here.\n");
      return;
    }
    const way = { address: req.socket.remoteAddress ?? "unknown", host };
    await pass(req, res, found.pool, agent, way, `balancer-${found.site.name}`);
  }

  const end = async (): Promise<void> => {
    for (const { pool } of pools.values()) pool.close();
    agent.destroy();
    await Promise.all(close.map((one) => one()));
  };
  try {
    for (const { host, port, tls } of doors) {
      const opened = await listen(port, listener, { host, tls });
      ports.push(opened.port);
      close.push(() => closeServers(opened.servers, 0));
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { ports, ready: () => readyOf([...pools.values()]), close: end };
}

function readyOf(pools: { site: Site; pool: Pool }[]): Record<string, number> {
  return Object.fromEntries(
    pools.map(({ site, pool }) => [site.name, pool.processes.filter(({ isReady }) => isReady).length]),
  );
}
