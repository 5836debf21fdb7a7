import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { databases, type TestDatabase } from "../../plugin/model/test-databases.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";
import { faultsIn } from "./checks.test-helper.ts";
import { type Clock, movedClock } from "./clock.test-helper.ts";
import { type FakePeer, startFakePeer } from "./fake-peer.test-helper.ts";
import type { Exchange } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";
import { type FlowServer, type FlowServerOptions, startFlowServer } from "./server.test-helper.ts";

/** Servers in this process that federate over real HTTP, and fake peers beside them, all on one clock. */
export interface Federation<Name extends string = string> {
  servers: Record<Name, FlowServer>;
  clock: Clock;
  traffic: Exchange[];
  /** Must not be logged anywhere, besides what the traffic shows to be secret. */
  secrets: Set<string>;
  /** Starts a fake peer; `discovery` replaces fields of what it says of itself. */
  fakePeer(name?: string, discovery?: Record<string, unknown>): Promise<FakePeer>;
  /** Ends all, and fails for what must hold of every flow: see `faultsIn`. */
  close(): Promise<void>;
}

/** The databases that the flows run on: SQLite in a file always, MongoDB where there is one. */
export function flowDatabases(): TestDatabase[] {
  return databases().filter(({ durable }) => durable);
}

/** Starts a server for each name, each with a database of its own. */
export async function federation<Name extends string>(
  database: Pick<TestDatabase, "make">,
  plan: Record<Name, FlowServerOptions>,
): Promise<Federation<Name>> {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-flows-"));
  const clock = movedClock();
  const traffic: Exchange[] = [];
  const secrets = new Set<string>();
  const seen = (exchange: Exchange) => void traffic.push(exchange);
  const fakes: FakePeer[] = [];
  const dropped: (() => Promise<void>)[] = [];
  const servers = {} as Record<Name, FlowServer>;
  for (const [name, options] of Object.entries(plan) as [Name, FlowServerOptions][]) {
    const { url, drop } = await database.make();
    dropped.push(drop);
    const files = join(folder, name);
    await mkdir(files);
    servers[name] = await startFlowServer({ name, database: url, folder: files, clock, seen }, options);
  }
  const all: FlowServer[] = Object.values(servers);

  return {
    servers,
    clock,
    traffic,
    secrets,
    async fakePeer(name = `fake-${fakes.length + 1}`, discovery = {}) {
      const peer = await startFakePeer(name, clock, seen, discovery);
      fakes.push(peer);
      return peer;
    },
    async close() {
      await Promise.all(fakes.map((peer) => peer.close()));
      await Promise.all(all.map((server) => server.close()));
      await Promise.all(dropped.map((drop) => drop()));
      await rm(folder, { recursive: true });
      for (const { accounts } of all) for (const { password } of accounts.values()) secrets.add(password);
      const told = new Map(all.map((server) => [server.name, server.told]));
      expect(faultsIn({ traffic, ours: new Set(told.keys()), told, secrets })).toEqual([]);
    },
  };
}

/** Two people who know each other by an invite: `inviter` made it. */
export async function befriend(inviter: Person, guest: Person): Promise<void> {
  const { invite } = await inviter.invite();
  await guest.acceptInvite(invite);
  await eventually("the contacts on both sides", async () => {
    const knows = async (one: Person, other: Person) =>
      (await one.contacts()).some(({ address, status }) => address === other.address && status === "active");
    return ((await knows(inviter, guest)) && (await knows(guest, inviter))) || undefined;
  });
}

/** A file of one person shared with another, and what the other has of it. */
export async function shared(
  from: Person,
  to: Person,
  more: { path?: string; permissions?: string[]; [option: string]: unknown } = {},
): Promise<{ sent: string; received: string }> {
  const { path = "/shared.txt", ...options } = more;
  await from.put(path, `The content of ${path}`);
  const known = new Set((await to.received()).map(({ id }) => id));
  const share = await from.share(path, to.address, options);
  if (share.status !== "pending") throw new Error(`The share is ${share.status}: ${share.reason?.message}`);
  const received = await eventually("the share", async () => (await to.received()).find(({ id }) => !known.has(id)));
  return { sent: share.id, received: received.id };
}

/** As `shared`, and accepted. */
export async function accepted(...args: Parameters<typeof shared>): Promise<{ sent: string; received: string }> {
  const [from, to] = args;
  const share = await shared(...args);
  await to.acceptShare(share.received);
  await eventually("SHARE_ACCEPTED", async () => (await from.sent(share.sent)).status === "accepted" || undefined);
  return share;
}
