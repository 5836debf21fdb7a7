import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Measured } from "../report.ts";
import type { SimulationSettings } from "../settings.ts";
import { planOf } from "../world-plan.ts";
import type { Order, Standing, Word } from "./messages.ts";

const PROCESS = fileURLToPath(new URL("./process.ts", import.meta.url));
/** A run in which nothing has changed for so many milliseconds is over. */
const STILL = 15_000;
const LOOK_EVERY = 100;

/** What came of a run with real sockets and the real clock. */
export interface RealTimeOutcome {
  measured: Measured;
  processes: number;
  /** Sums over all processes. */
  total: Standing;
  planned: number;
  /** Everything that was planned was made and received. */
  complete: boolean;
}

export interface RealTimeHooks {
  progress?(total: Standing): void;
  isInterrupted(): boolean;
}

/** Plays the plan over real HTTP on this machine, in one process for each of its processors. @throws Error when a process ends unasked */
export async function runRealTime(settings: SimulationSettings, hooks: RealTimeHooks): Promise<RealTimeOutcome> {
  const { world, plan } = planOf(settings);
  const shares = plan.shares.filter(({ kind }) => kind !== "forged");
  const processes = Math.max(1, Math.min(availableParallelism(), world.federation.sites.length));
  const { promise: died, reject: fail } = Promise.withResolvers<never>();
  died.catch(() => undefined);
  const children: ChildProcess[] = [];
  const standings: (Standing | undefined)[] = Array.from({ length: processes }, () => undefined);
  const hosts: string[] = [];
  let isOver = false;
  try {
    const opened = Array.from({ length: processes }, (_, index) => {
      const child = fork(PROCESS, [], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
      children.push(child);
      child.once("exit", (code) => {
        if (!isOver) fail(new Error(`A process of the run has ended with ${code}.`));
      });
      tell(child, { type: "open", settings, process: index, processes });
      return new Promise<void>((resolve) => {
        child.on("message", (word: Word) => {
          if (word.type === "stands") standings[index] = word;
          else {
            for (const [site, host] of word.hosts) hosts[site] = host;
            resolve();
          }
        });
      });
    });
    await Promise.race([Promise.all(opened), died]);
    const from = performance.now();
    for (const child of children) tell(child, { type: "begin", hosts });
    let total = sum(standings);
    let changedAt = from;
    let highest = 0;
    while (!hooks.isInterrupted()) {
      await Promise.race([delay(LOOK_EVERY), died]);
      const before = JSON.stringify(total, COUNTS);
      total = sum(standings);
      highest = Math.max(highest, total.rssMiB);
      if (JSON.stringify(total, COUNTS) !== before) changedAt = performance.now();
      hooks.progress?.(total);
      const isDone = total.created + total.failed >= shares.length && total.received >= total.created && total.idle;
      if (isDone || performance.now() - changedAt > STILL) break;
    }
    const wallMs = Math.max(1, Math.round(changedAt - from));
    const perSecond = (count: number): number => Math.round((count / wallMs) * 100_000) / 100;
    return {
      processes,
      total,
      planned: shares.length,
      complete: total.created >= shares.length && total.received >= shares.length,
      measured: {
        wallMs,
        cpuMs: total.cpuMs,
        rssMiB: highest,
        messagesPerSecond: perSecond(total.requests),
        sharesPerSecond: perSecond(total.received),
        node: process.version,
        cpus: availableParallelism(),
      },
    };
  } finally {
    isOver = true;
    await Promise.all(children.map(end));
  }
}

const COUNTS = ["created", "received", "answered", "ended", "read", "requests", "failed"];
/** Milliseconds that a process has to end by itself. */
const GRACE = 5_000;

function tell(child: ChildProcess, order: Order): void {
  if (child.connected) child.send(order);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  tell(child, { type: "end" });
  const late = setTimeout(() => child.kill("SIGKILL"), GRACE);
  await ended;
  clearTimeout(late);
}

function sum(standings: readonly (Standing | undefined)[]): Standing {
  const none: Standing = {
    created: 0,
    received: 0,
    answered: 0,
    ended: 0,
    read: 0,
    requests: 0,
    failed: 0,
    cpuMs: 0,
    rssMiB: 0,
    idle: standings.every((standing) => standing?.idle === true),
  };
  for (const standing of standings) {
    if (standing === undefined) continue;
    none.created += standing.created;
    none.received += standing.received;
    none.answered += standing.answered;
    none.ended += standing.ended;
    none.read += standing.read;
    none.requests += standing.requests;
    none.failed += standing.failed;
    none.cpuMs += standing.cpuMs;
    none.rssMiB += standing.rssMiB;
  }
  return none;
}
