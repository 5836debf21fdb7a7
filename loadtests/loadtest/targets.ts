import { BadFlags } from "../../testbed/launcher/words.ts";
import { dockerTarget } from "./docker-target.ts";
import { bareServer, readHandedOver } from "./handed-over.ts";
import { startNull } from "./null-target.ts";
import { isLoopback, type LoadtestOptions } from "./options.ts";
import { startProcesses } from "./processes.ts";
import type { Target } from "./target.ts";

/** The servers that the options name, started where that is ours to do. @throws BadFlags when they cannot be used */
export async function openTarget({ target, servers, isOwned }: LoadtestOptions, count: number): Promise<Target> {
  if (target === "processes") return startProcesses(count);
  if (target === "null") return startNull();
  if (target === "docker" && servers === undefined) return dockerTarget();
  if (servers === undefined) return bareServer(target);
  const found = await readHandedOver(target, servers);
  const foreign = found.servers.find(({ origin }) => !isHere(origin, found.hosts));
  if (foreign !== undefined && !isOwned) {
    throw new BadFlags(`${foreign.origin} is not on this machine. If it is yours, say so with --i-own-this-server.`);
  }
  if (target === "docker") return found;
  // The one that was named comes first: some scripts load one server only.
  const first = found.servers.filter(({ origin }) => origin === target);
  if (first.length === 0) throw new BadFlags(`${servers} does not name ${target}.`);
  return { ...found, servers: [...first, ...found.servers.filter(({ origin }) => origin !== target)] };
}

/** Whether requests to an origin stay on this machine. */
function isHere(origin: string, hosts: Record<string, string> = {}): boolean {
  const { hostname, port, protocol } = new URL(origin);
  const place = hosts[`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`];
  return isLoopback(place?.split(":")[0] ?? hostname);
}
