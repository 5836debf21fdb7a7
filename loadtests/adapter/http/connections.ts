import type { Socket } from "node:net";
import { Agent, buildConnector } from "undici";

/** The connections of one virtual user, which it keeps from one iteration to the next. */
export interface Connections {
  agent: Agent;
  /** What the connection took that was made last, and forgets it; zeros where one was used again. */
  takeSetup(): { connecting: number; tlsHandshaking: number };
  /** Bytes of all connections since the last call, headers included. */
  takeTraffic(): { sent: number; received: number };
  close(): Promise<void>;
}

/** What the options of a run say on connections. They are known only when the script has been read. */
export interface ConnectionOptions {
  insecureSkipTLSVerify?: boolean;
  hosts?: Record<string, string>;
}

export function createConnections(options: () => ConnectionOptions): Connections {
  let setup = { connecting: 0, tlsHandshaking: 0 };
  let counted = { sent: 0, received: 0 };
  const sockets = new Set<Socket>();
  const gone = { sent: 0, received: 0 };
  const connectors = new Map<boolean, buildConnector.connector>();

  const connect: buildConnector.connector = (asked, callback) => {
    const { hosts, insecureSkipTLSVerify } = options();
    const rejectUnauthorized = insecureSkipTLSVerify !== true;
    const connector = connectors.get(rejectUnauthorized) ?? buildConnector({ rejectUnauthorized, timeout: 0 });
    connectors.set(rejectUnauthorized, connector);
    const from = performance.now();
    let reached = 0;
    const socket = connector(placed(asked, hosts), (...[error, made]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const now = performance.now();
      const isTls = asked.protocol === "https:";
      setup =
        isTls && reached > 0
          ? { connecting: reached - from, tlsHandshaking: now - reached }
          : { connecting: now - from, tlsHandshaking: 0 };
      sockets.add(made);
      made.once("close", () => {
        sockets.delete(made);
        gone.sent += made.bytesWritten;
        gone.received += made.bytesRead;
      });
      callback(null, made);
    }) as unknown;
    if (isSocket(socket))
      socket.once("connect", () => {
        reached = performance.now();
      });
  };
  const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 60_000, pipelining: 1 });

  return {
    agent,
    takeSetup() {
      const taken = setup;
      setup = { connecting: 0, tlsHandshaking: 0 };
      return taken;
    },
    takeTraffic() {
      const total = { ...gone };
      for (const socket of sockets) {
        total.sent += socket.bytesWritten;
        total.received += socket.bytesRead;
      }
      const since = { sent: total.sent - counted.sent, received: total.received - counted.received };
      counted = total;
      return since;
    },
    close: () => agent.destroy(),
  };
}

function isSocket(value: unknown): value is Socket {
  return typeof value === "object" && value !== null && "bytesWritten" in value;
}

/** Where to connect, with the name of the host still the one that its certificate is for. */
function placed(asked: buildConnector.Options, hosts: Record<string, string> = {}): buildConnector.Options {
  const port = asked.port || (asked.protocol === "https:" ? "443" : "80");
  const place = names(asked.hostname)
    .flatMap((name) => [hosts[`${name}:${port}`], hosts[name]])
    .find((found) => found !== undefined);
  if (place === undefined) return asked;
  const [, hostname = place, given = port] = /^(.*?)(?::(\d+))?$/.exec(place) ?? [];
  return { ...asked, hostname, port: given, servername: asked.servername || asked.hostname };
}

/** A name as the option `hosts` may have it: itself, or an asterisk for what it begins with, the longest part of it that is named first. */
function names(hostname: string): string[] {
  const parts = hostname.split(".");
  return [hostname, ...parts.slice(1).map((_part, index) => `*.${parts.slice(index + 1).join(".")}`)];
}
