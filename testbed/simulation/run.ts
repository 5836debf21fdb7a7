import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildReport } from "./build-report.ts";
import { type VirtualClock, virtualClock } from "./clock.ts";
import { playEvent } from "./events.ts";
import { openFederation, type RunningFederation } from "./federation.ts";
import { createIntroductions } from "./introductions.ts";
import { checkInvariants } from "./invariants.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createNetwork, type Network, type NetworkWatch } from "./network.ts";
import type { Plan } from "./plan.ts";
import type { SimulationReport } from "./report.ts";
import { createSampler, type Sampler } from "./sampler.ts";
import type { SimulationSettings } from "./settings.ts";
import { playShare } from "./stories.ts";
import { createTally, type Tally } from "./tally.ts";
import { openThief } from "./thief.ts";
import { type Trouble, troubleOf } from "./troubles.ts";
import { createWitness, type Witness } from "./witness.ts";
import type { World } from "./world.ts";
import { planOf } from "./world-plan.ts";

/** How it stands. */
export interface Progress {
  /** From 0 to 1. */
  part: number;
  /** Virtual milliseconds since the begin. */
  at: number;
  messages: number;
}

export interface SimulationHooks {
  /** Called when a share is made, and when nothing more happens to one. */
  progress?(progress: Progress): void;
  /** True: it ends with what there is. */
  isInterrupted?(): boolean;
  /** Milliseconds that messages may take to be told, once nothing is in the way. @default 12 hours */
  settling?: number;
  /** Stands between the network and what watches it; for tests of the invariants. */
  network?(network: Network): Network;
}

/** Monday, 5 January 2026, 8 o'clock. */
const BEGIN = Date.UTC(2026, 0, 5, 8);
/** Looks at the backlog within the planned time, and the most that are reported. */
const LOOKS = 150;
const MOST_SAMPLES = 200;
/** Twice the longest pause before a message is sent again; and the pauses between two looks at whether any waits, in milliseconds. */
const SETTLING = 12 * 3_600_000;
const FIRST_LOOK = 1_000;
const LONGEST_PAUSE = 600_000;

/** Everything that a simulation consists of. */
interface Simulation {
  settings: SimulationSettings;
  clock: VirtualClock;
  world: World;
  plan: Plan;
  trouble: Trouble;
  network: Network;
  ledger: Ledger;
  tally: Tally;
  witness: Witness;
  /** Does a job while virtual time passes. Undefined: it was interrupted. */
  lasting<T>(job: Promise<T>): Promise<T | undefined>;
}

/** Runs a whole simulation in virtual time. The report follows from the settings and the version alone. */
export async function simulate(settings: SimulationSettings, hooks: SimulationHooks = {}): Promise<SimulationReport> {
  const simulation = prepare(settings, hooks);
  const { clock, world, network, ledger, trouble, lasting, plan, tally } = simulation;
  const folder = trouble.mortal.size === 0 ? null : await mkdtemp(join(tmpdir(), "koa-ocm-simulation-"));
  try {
    const folderOf = (site: number): string | null => (trouble.mortal.has(site) ? folder : null);
    const { clocksAhead } = trouble;
    const opening = openFederation({ world, seed: settings.seed, clock, network, ledger, folderOf, clocksAhead });
    const federation = await lasting(opening);
    const start = clock.now();
    const servers = federation?.servers ?? [];
    const sampler = createSampler(clock, start, servers, tally, (site) => isStranger(world, site));
    const invariants = federation === undefined ? undefined : await live(simulation, federation, sampler, hooks, start);
    const report = buildReport({
      settings,
      world,
      ledger,
      tally,
      federation,
      samples: sampler.samples(MOST_SAMPLES),
      backlogs: sampler.longest(),
      incidents: [...plan.events, ...trouble.events]
        .map(({ at, what }) => ({ at, what }))
        .filter(({ at }) => at <= clock.now() - start)
        .sort((one, other) => one.at - other.at),
      invariants: invariants ?? [],
      complete: invariants !== undefined,
      start,
      end: clock.now(),
    });
    if (federation !== undefined && invariants !== undefined) await lasting(federation.close());
    return report;
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}

function prepare(settings: SimulationSettings, hooks: SimulationHooks): Simulation {
  const { seed } = settings;
  const clock = virtualClock(BEGIN);
  const ledger = createLedger();
  const tally = createTally();
  const { world, plan } = planOf(settings);
  const trouble = troubleOf(settings.fault, world, lastOf(plan), seed);
  const witness = createWitness(() => network);
  const made = createNetwork({ clock, seed, watch: watched(tally, ledger, witness) });
  const network = hooks.network?.(made) ?? made;
  const isInterrupted = hooks.isInterrupted ?? (() => false);
  return {
    settings,
    clock,
    world,
    plan,
    trouble,
    network,
    ledger,
    tally,
    witness,
    async lasting(job) {
      let isOver = false;
      const ended = (): void => {
        isOver = true;
      };
      job.then(ended, ended);
      await clock.run(() => isOver || isInterrupted());
      return isOver ? job : undefined;
    },
  };
}

/** Plays the plan, heals every fault, waits until all is told and checks what must hold. Undefined: it was interrupted. */
async function live(
  simulation: Simulation,
  federation: RunningFederation,
  sampler: Sampler,
  hooks: SimulationHooks,
  start: number,
): Promise<SimulationReport["invariants"] | undefined> {
  const { settings, clock, world, plan, trouble, network, ledger, tally, witness, lasting } = simulation;
  const { servers, serverOf, arrival } = federation;
  const forged = plan.shares.find(({ kind }) => kind === "forged");
  const thief =
    forged === undefined
      ? undefined
      : await lasting(openThief(serverOf(forged.from).host, settings.seed, clock, network));
  if (forged !== undefined && thief === undefined) return undefined;
  const last = lastOf(plan);
  network.suffer(trouble.requests);
  clock.at(start + last, () => network.suffer(null));

  let steps = 0;
  const stepped = (): void => {
    steps += 1;
    const part = steps / (2 * plan.shares.length);
    hooks.progress?.({ part, at: clock.now() - start, messages: tally.messages() });
  };
  const deps = {
    clock,
    ledger,
    start,
    serverOf,
    senderOf: ({ kind, from }: Plan["shares"][number]) => (kind === "forged" && thief ? thief : serverOf(from)),
    arrival,
    introductions: world.federation.introduction === "invite" ? createIntroductions(clock, serverOf) : null,
    aheadOf: ({ site }: World["people"][number]) => trouble.clocksAhead[site] ?? 0,
    begun: stepped,
    ended: witness.ended,
  };
  const events = [...plan.events, ...trouble.events];
  const playing = Promise.all([
    ...plan.shares.map((share) => playShare(deps, share).then(stepped)),
    ...events.map((event) => playEvent({ clock, network, world, servers, start }, event)),
  ]);
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      await sampler.look();
      await clock.sleep(Math.max(1, last / LOOKS));
    }
  })();
  sampling.catch(() => undefined);
  const played = await lasting(playing);
  isOver = true;
  if (played === undefined) return undefined;
  const settled = await lasting(settle(clock, sampler, hooks.settling ?? SETTLING));
  if (settled === undefined) return undefined;
  return lasting(checkInvariants({ world, federation, ledger, witness, plan, start }));
}

/** Waits until nothing waits to be told, or it takes too long. */
async function settle(clock: VirtualClock, sampler: Sampler, longest: number): Promise<true> {
  const end = clock.now() + longest;
  for (let pause = FIRST_LOOK; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    if ((await sampler.look()) === 0 || clock.now() > end) return true;
    await clock.sleep(pause);
  }
}

function lastOf({ shares, events }: Plan): number {
  return [...shares, ...events].reduce((latest, { at }) => Math.max(latest, at), 0);
}

function isStranger({ federation }: World, site: number): boolean {
  return federation.sites[site]?.role === "stranger";
}

/** Counts what goes by, and notes when bytes of a share were given out. */
function watched(tally: Tally, ledger: Ledger, witness: Witness): NetworkWatch {
  return {
    ...tally,
    answered(passing) {
      const { kind, path, status } = passing;
      if (!kind.startsWith("dav ") || status === null || status >= 300) return;
      const [, , , share = ""] = path.split("/");
      const told = ledger.bySent(share);
      if (told === undefined) return;
      told.lastAccessAt = passing.answeredAt;
      witness.saw(told, passing);
    },
  };
}
