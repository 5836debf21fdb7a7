import type { DecisionEvent, DeliveryEvent, Ocm, OcmOptions } from "../../plugin/index.ts";
import type { VirtualClock } from "./clock.ts";
import type { Ledger, Told } from "./ledger.ts";
import type { Network } from "./network.ts";
import type { Site } from "./topologies/federation.ts";
import { openVirtualServer, type VirtualServer } from "./virtual-server.ts";
import type { Person, World } from "./world.ts";

/** The servers of a simulation, and what they say of what they do. */
export interface RunningFederation {
  servers: VirtualServer[];
  serverOf(person: Person): VirtualServer;
  /** Resolves when the share has come to its receiver's server, or cannot come any more. */
  arrival(told: Told): Promise<void>;
  deliveries: { acknowledged: number; repeated: number; parked: number };
  rejected(): number;
  close(): Promise<void>;
}

export interface FederationOptions {
  world: World;
  seed: string;
  clock: VirtualClock;
  network: Network;
  ledger: Ledger;
  /** Where a server keeps its database; null: in memory. */
  folderOf(site: number): string | null;
  /** By server, the milliseconds that its clock is ahead. */
  clocksAhead: readonly number[];
}

/** What ends the wait for a share that is yet to come. */
const NEVER_COMES: ReadonlySet<string> = new Set(["share-rejected", "share-revoked", "share-expired"]);

/** Opens every server of the world, one after the other. */
export async function openFederation(options: FederationOptions): Promise<RunningFederation> {
  const { world, ledger, clock, seed, network } = options;
  const deliveries = { acknowledged: 0, repeated: 0, parked: 0 };
  const arrivals = new Map<Told, () => void>();
  let rejected = 0;

  function delivered({ to, outcome }: DeliveryEvent): void {
    if (to === null) return;
    if (outcome === "acknowledged") deliveries.acknowledged += 1;
    else if (outcome === "will-retry") deliveries.repeated += 1;
    else if (outcome === "parked") deliveries.parked += 1;
  }

  async function arrived(ocm: Ocm, { record, user }: DecisionEvent): Promise<void> {
    const at = clock.now();
    const { name } = await ocm.api.received.get(user, record);
    const told = ledger.byName(name);
    if (told === undefined || told.received !== null) return;
    ledger.received(told, record);
    told.arrivedAt = at;
    arrive(told);
  }

  function arrive(told: Told): void {
    arrivals.get(told)?.();
    arrivals.delete(told);
  }

  function decided(ocm: Ocm, event: DecisionEvent): void {
    const { name, record } = event;
    if (name === "share-received") void arrived(ocm, event).catch(() => undefined);
    else if (name === "share-accepted-by-recipient" || name === "share-declined-by-recipient") {
      const told = ledger.bySent(record);
      if (told !== undefined) told.answerKnownAt ??= clock.now();
    } else if (name === "share-ended-by-owner") {
      const told = ledger.byReceived(record);
      if (told !== undefined) told.endKnownAt ??= clock.now();
    } else if (NEVER_COMES.has(name)) {
      if (name === "share-rejected") rejected += 1;
      const told = ledger.bySent(record);
      if (told !== undefined) {
        told.isOver = true;
        arrive(told);
      }
    }
  }

  const servers: VirtualServer[] = [];
  for (const [index, site] of world.federation.sites.entries()) {
    const names = new Set(world.peopleOf[index]?.map(({ id }) => id));
    servers.push(
      await openVirtualServer({
        host: site.host,
        seed,
        clock,
        network,
        folder: options.folderOf(index),
        ahead: options.clocksAhead[index] ?? 0,
        hasPerson: (id) => names.has(id),
        ocm: { name: site.name, peers: peersOf(site) },
        opened(ocm) {
          ocm.events.on("delivery", delivered);
          ocm.events.on("decision", (event) => decided(ocm, event));
        },
      }),
    );
  }

  return {
    servers,
    deliveries,
    rejected: () => rejected,
    serverOf(person) {
      const server = servers[person.site];
      if (server === undefined) throw new RangeError(`There is no server ${person.site}.`);
      return server;
    },
    arrival(told) {
      if (told.received !== null || told.isOver) return Promise.resolve();
      return new Promise((resolve) => arrivals.set(told, resolve));
    },
    async close() {
      for (const server of servers) await server.close();
    },
  };
}

function peersOf({ knows }: Site): NonNullable<OcmOptions["peers"]> {
  return Object.fromEntries(knows.map((pattern) => [pattern, { known: true }]));
}
