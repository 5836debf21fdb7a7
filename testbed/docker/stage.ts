import { setTimeout as delay } from "node:timers/promises";
import { expiries } from "../faults/certificate.ts";
import { type FaultName, isCertificateFault, isNetworkFault } from "../faults/faults.ts";
import { caller } from "../http.ts";
import type { OpenStage, RunningStage } from "../launcher/stage.ts";
import { httpRole, type Role, type ServerAddress } from "../roles.ts";
import { eventually } from "../scenarios/steps.ts";
import { type DockerFederation, processesOf } from "./federation.ts";
import { watchProxies } from "./watcher.ts";

/** Milliseconds until a server that was started has to answer. */
const LONGEST_START_MS = 40_000;

/** A stage of containers. One process of a server can end alone. */
export interface DockerStage extends RunningStage {
  /** Ends one process of a server at once; `number` counts from 1. */
  killProcess(server: ServerAddress, number: number): Promise<void>;
  /** Starts what of a server does not run, and waits until all its processes are healthy. */
  startAgain(server: ServerAddress): Promise<void>;
}

/**
 * Plays on a testbed that is up. Each stage has people of its own, whose books are empty; the servers, their keys and what they know of each
 * other stay from one stage to the next. Closing it puts everything back in order.
 */
export function dockerStages(federation: DockerFederation): {
  open: OpenStage;
  /** The stage that is open. */
  current(): DockerStage;
} {
  let opened = 0;
  let current: DockerStage | undefined;
  return {
    async open(kinds, _folder, seed) {
      const odd = kinds.find((kind) => kind !== "koa-ocm");
      if (odd !== undefined) throw new Error(`A server of the kind ${odd} is not in the Docker testbed.`);
      current = await openDockerStage(federation, kinds.length, opened, seed);
      opened += 1;
      return current;
    },
    current() {
      if (current === undefined) throw new Error("No stage is open.");
      return current;
    },
  };
}

/** The person of this turn on each of the first servers. */
function playersOf({ state }: DockerFederation, count: number, turn: number): Role[] {
  return state.servers.slice(0, count).map(({ name, origin, players }) => {
    const player = players[turn];
    if (player === undefined) throw new Error("No account is left for another run; start the testbed anew.");
    return httpRole({ name, origin }, player);
  });
}

async function openDockerStage(
  federation: DockerFederation,
  count: number,
  turn: number,
  seed: string,
): Promise<DockerStage> {
  const { state, compose, proxies, settle } = federation;
  const roles = playersOf(federation, count, turn);
  const clients = [...proxies.values()];
  await Promise.all(clients.map((client) => client.clear()));
  const watcher = watchProxies(clients);
  const { promise: ended, reject: broke } = Promise.withResolvers<never>();
  ended.catch(() => undefined);

  const harms: string[] = [];
  const sufferings: { ofRun: FaultName | null; ofScenario: FaultName | null } = { ofRun: null, ofScenario: null };
  let certificates = new AbortController();
  /** What ended because somebody asked for it. */
  const away = new Set<string>();
  const clocks: Record<string, string> = {};

  function change(to: Partial<typeof sufferings>): void {
    Object.assign(sufferings, to);
    const faults = [sufferings.ofRun, sufferings.ofScenario].filter((fault) => fault !== null);
    const odd = faults.find((fault) => !isNetworkFault(fault) && !isCertificateFault(fault));
    if (odd !== undefined) throw new Error(`The fault ${odd} needs hooks in a process: npm run scenario can do it.`);
    const network = faults.filter(isNetworkFault);
    certificates.abort();
    certificates = new AbortController();
    const isExpiring = faults.some(isCertificateFault);
    const { signal } = certificates;
    settle(async () => {
      // What was seen so far is seen by whoever asks next.
      await watcher.look();
      await Promise.all(clients.map((client) => client.suffer({ seed, faults: network })));
      await showGood();
      if (isExpiring) void expire(signal).catch(() => undefined);
    }).catch(broke);
  }

  async function showGood(): Promise<void> {
    if (harms.length === 0) return;
    await Promise.all(
      state.servers.map(({ name, certificates: { good } }) => proxies.get(name)?.show(good) ?? Promise.resolve()),
    );
  }

  /** Shows a certificate that has expired, one server's after the other's, until each is renewed. */
  async function expire(signal: AbortSignal): Promise<void> {
    const names = roles.map(({ server }) => server.name);
    for (const { server, forMs } of expiries(seed, names)) {
      const known = state.servers.find(({ name }) => name === server);
      if (signal.aborted || known === undefined) return;
      harms.push(`${server}: expired certificate`);
      await proxies.get(server)?.show(known.certificates.expired);
      await delay(forMs, undefined, { signal }).catch(() => undefined);
      await proxies.get(server)?.show(known.certificates.good);
    }
  }

  async function end(services: readonly string[], how: (services: readonly string[]) => Promise<void>): Promise<void> {
    for (const service of services) away.add(service);
    await how(services);
  }

  async function start(names: readonly string[]): Promise<void> {
    const services = names.flatMap((name) => processesOf(federation, name));
    await compose.start(services, clocks);
    for (const service of services) away.delete(service);
    await Promise.all(names.map(answering));
  }

  /** Resolves when the balancer gives people's requests to a process of the server. */
  async function answering(name: string): Promise<void> {
    const origin = state.servers.find((server) => server.name === name)?.origin ?? "";
    const { send } = caller(origin);
    const answer = async (): Promise<string> => (await send("GET", "/readyz")).text();
    await eventually(`${name} to answer`, () => answer().catch(() => undefined), LONGEST_START_MS);
  }

  /** Processes that ended, or were found ill, although nobody asked for it. */
  async function lost(): Promise<string[]> {
    const own = new Set(state.servers.flatMap(({ processes }) => processes));
    const containers = await compose.containers();
    return containers
      .filter(({ service, isRunning }) => own.has(service) && !isRunning && !away.has(service))
      .map(({ service }) => service);
  }

  const clockOf = (name: string): string => `OCM_TESTBED_CLOCK_${name.toUpperCase()}`;
  return {
    roles,
    messages: watcher.messages,
    ended,
    stop: ({ name }) => end(processesOf(federation, name), compose.stop),
    kill: ({ name }) => end(processesOf(federation, name), compose.kill),
    killProcess: ({ name }, number) => end([`${name}-${number}`], compose.kill),
    async startAgain({ name }) {
      await start([name]);
      const isWell = async () => {
        const well = (await compose.containers()).filter(({ isHealthy }) => isHealthy).map(({ service }) => service);
        return processesOf(federation, name).every((service) => well.includes(service)) || undefined;
      };
      await eventually(`all processes of ${name}`, isWell, LONGEST_START_MS);
    },
    async start({ name }, clockAheadMs = 0) {
      clocks[clockOf(name)] = String(clockAheadMs);
      await start([name]);
    },
    async rotateKeys({ name }) {
      const [service = ""] = processesOf(federation, name);
      await compose.runOnce(service, ["koa-ocm", "keys", "rotate"]);
    },
    suffer: (fault) => change({ ofScenario: fault }),
    sufferAlways: (fault) => change({ ofRun: fault }),
    harms: () => [...harms],
    healed: () => settle(async () => undefined),
    async close() {
      certificates.abort();
      watcher.close();
      const gone = await lost();
      await settle(async () => {
        await Promise.all(clients.map((client) => client.suffer({ seed, faults: [] })));
        await showGood();
      });
      const wrong = Object.entries(clocks).filter(([, ahead]) => ahead !== "0");
      for (const [name] of wrong) clocks[name] = "0";
      if (away.size > 0 || wrong.length > 0) await start(state.servers.map(({ name }) => name));
      if (gone.length > 0) {
        throw new Error(`${gone.join(", ")} ended unasked: ${(await compose.logs(gone, 5)).trim()}`);
      }
    },
  };
}
