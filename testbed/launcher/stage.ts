import { expiries } from "../faults/certificate.ts";
import { type FaultName, isCertificateFault, isNetworkFault, isProcessFault } from "../faults/faults.ts";
import type { Message } from "../faults/message.ts";
import { bothPlans, type FaultPlan, faultPlan } from "../faults/network.ts";
import { bothOrders, processOrders } from "../faults/process.ts";
import { type PeerProxy, startProxy } from "../faults/proxy.ts";
import type { Role, ServerAddress } from "../roles.ts";
import type { Stage } from "../scenarios/stage.ts";
import type { ServerConfig } from "../server/config.ts";
import { type Authority, createAuthority } from "../tls/authority.ts";
import { type CastMember, castMember } from "./cast.ts";
import { configOf } from "./federation.ts";
import { startLegacyServer } from "./legacy-server.ts";
import { certificateFault } from "./stage-certificates.ts";
import { type StagedServer, stagedServer } from "./stage-server.ts";

/** Servers that run for one scenario, each a process of its own behind a proxy. */
export interface RunningStage extends Stage {
  roles: Role[];
  /** All that servers said to each other so far. */
  messages: Omit<Message, "from">[];
  /** Rejects when a server ends unasked; never resolves. */
  ended: Promise<never>;
  /** The fault of the run, which no scenario can end; null: none. */
  sufferAlways(fault: FaultName | null): void;
  /** What faults did so far to servers and not to single messages, in a few words each. */
  harms?(): string[];
  /** Resolves when all servers are up again that a fault has ended, which is over now. */
  healed?(): Promise<void>;
  close(): Promise<void>;
}

/** The kinds of server that can play a part. A legacy one can only receive. */
export const KINDS = ["koa-ocm", "legacy"] as const;
export type Kind = (typeof KINDS)[number];

/** What a run needs of its stage beyond servers. */
export interface StageNeeds {
  /** The servers speak TLS to each other. @default false */
  tls?: boolean;
}

/** Starts what a run needs: servers of these kinds, whose data is below the folder. */
export type OpenStage = (
  kinds: readonly Kind[],
  folder: string,
  seed: string,
  needs?: StageNeeds,
) => Promise<RunningStage>;

/** A fault that is in force, and what proxies do of it. */
interface StageFault {
  name: FaultName;
  plan: FaultPlan | null;
}

/**
 * Starts a server of each kind and resolves when all of them answer.
 *
 * @param folder what they keep is below it
 * @param seed what faults do follows from it
 * @throws ServerEnded after the others were stopped
 */
export async function openStage(
  kinds: readonly Kind[],
  folder: string,
  seed: string,
  { tls = false }: StageNeeds = {},
): Promise<RunningStage> {
  const messages: RunningStage["messages"] = [];
  const harms: string[] = [];
  const { promise: ended, reject: died } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  const watch = (message: Omit<Message, "number" | "from">) => {
    messages.push(Object.assign(message, { number: messages.length + 1 }));
  };
  const harmed = (what: string) => void harms.push(what);
  const authority = tls ? await createAuthority() : null;
  const credentials = await authority?.issue(["localhost"]);
  const servers = new Map<string, StagedServer>();
  const certificates = certificateFault((name) => servers.get(name)?.proxy, authority, credentials, harmed);
  let isClosed = false;
  const close = async (): Promise<void> => {
    isClosed = true;
    certificates.end();
    for (const server of servers.values()) server.suffer(null);
    await Promise.all([...servers.values()].map((server) => server.stop()));
    await Promise.all([...servers.values()].map(({ proxy }) => proxy.close()));
  };
  const called = ({ name }: ServerAddress): StagedServer => {
    const server = servers.get(name);
    if (server === undefined) throw new Error(`No server ${name} is on this stage.`);
    return server;
  };
  try {
    for (const [index, kind] of kinds.entries()) {
      const name = castMember(index, 1).server.name;
      const proxy = await startProxy({ name, watch, ...(credentials === undefined ? {} : { tls: credentials }) });
      const member = memberAt(index, proxy);
      const config =
        authority === null ? configOf(member, folder) : withTls(configOf(member, folder), member, authority);
      const server =
        kind === "legacy" ? await stagedLegacy(member, proxy) : stagedServer(member, config, proxy, { died, harmed });
      servers.set(member.server.name, server);
    }
    await Promise.all([...servers.values()].map((server) => server.start(0)));
  } catch (error) {
    await close();
    throw error;
  }

  let ofRun: StageFault | null = null;
  let ofScenario: StageFault | null = null;
  /** Puts the fault of the run and that of the scenario in force; one that stays goes on where it was. */
  function change(next: { ofRun: StageFault | null; ofScenario: StageFault | null }): void {
    const before = [ofRun, ofScenario];
    ({ ofRun, ofScenario } = next);
    const now = [ofRun, ofScenario];
    const isChanged = (kind: (fault: FaultName) => boolean) =>
      now.some((fault, at) => fault !== before[at] && [fault, before[at]].some((one) => one && kind(one.name)));
    const names = now.flatMap((fault) => fault?.name ?? []);
    if (isChanged(isCertificateFault)) {
      if (names.some(isCertificateFault)) certificates.begin(expiries(seed, [...servers.keys()]));
      else certificates.end();
    }
    const plan = bothPlans(ofRun?.plan ?? null, ofScenario?.plan ?? null);
    for (const { proxy } of servers.values()) proxy.suffer(plan);
    if (!isChanged(isProcessFault)) return;
    const ofProcess = names.filter(isProcessFault);
    for (const [name, server] of servers) {
      const orders = (life: number) =>
        ofProcess.map((fault) => processOrders(fault, seed, name, life)).reduce(bothOrders, {});
      server.suffer(ofProcess.length === 0 ? null : orders);
    }
  }
  const faultOf = (name: FaultName | null): StageFault | null => {
    if (name === null) return null;
    if (isCertificateFault(name) && authority === null) {
      throw new Error("These servers speak no TLS, so they show no certificate.");
    }
    return { name, plan: isNetworkFault(name) ? faultPlan(name, seed) : null };
  };

  return {
    roles: [...servers.values()].map(({ role }) => role),
    messages,
    ended,
    close,
    stop: (server) => called(server).stop(),
    kill: (server) => called(server).kill(),
    async start(server, clockAheadMs = 0) {
      // A scenario that was interrupted may still be under way.
      if (isClosed) throw new Error("The stage is closed.");
      await called(server).start(clockAheadMs);
    },
    rotateKeys: (server) => called(server).rotateKeys(),
    startElsewhere: (server) => called(server).startElsewhere(),
    movePrefix: (server, prefix) => called(server).movePrefix(prefix),
    suffer: (fault) => change({ ofRun, ofScenario: faultOf(fault) }),
    sufferAlways: (fault) => change({ ofRun: faultOf(fault), ofScenario }),
    harms: () => [...harms],
    healed: async () => {
      for (const server of servers.values()) await server.settled();
    },
  };
}

/** The cast's member of this place, known by the address of the proxy. */
function memberAt(index: number, { port, origin }: PeerProxy): CastMember {
  const member = castMember(index, port);
  return { ...member, server: { ...member.server, origin } };
}

function withTls(config: ServerConfig, { server }: CastMember, { certificate }: Authority): ServerConfig {
  return {
    ...config,
    origin: server.origin,
    peers: { "localhost:*": { ca: certificate, allowPrivateAddresses: true } },
  };
}

/** A legacy server is in this process; while it is stopped, nobody reaches it. Faults of processes do not reach it. */
async function stagedLegacy({ server, account }: CastMember, proxy: PeerProxy): Promise<StagedServer> {
  const { role, port, close } = await startLegacyServer(account.username, server);
  const away = async (): Promise<void> => proxy.passTo(null);
  const cannot = async (): Promise<never> => {
    throw new Error(`${server.name} is no server of ours.`);
  };
  return {
    role,
    proxy: { ...proxy, close: () => close().then(proxy.close) },
    async start() {
      proxy.passTo({ host: "127.0.0.1", port });
    },
    stop: away,
    kill: away,
    rotateKeys: cannot,
    startElsewhere: cannot,
    movePrefix: cannot,
    suffer: () => undefined,
    settled: async () => undefined,
  };
}
