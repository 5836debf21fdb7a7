import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FaultName, isCertificateFault, isProcessFault } from "../faults/faults.ts";
import { invariants } from "../faults/invariants.ts";
import type { Message } from "../faults/message.ts";
import { attributed } from "../faults/senders.ts";
import { type Promised, patient } from "../scenarios/patient.ts";
import type { Scenario } from "../scenarios/stage.ts";
import { StepFailed, type StepListener, type StepResult, stepper } from "../scenarios/steps.ts";
import { type Kind, type OpenStage, openStage } from "./stage.ts";

/**
 * Milliseconds that a step may take: deliveries that fail are repeated after pauses that double, and servers that were killed are started again
 * on a busy machine.
 */
const LONGEST_STEP_MS = 400_000;

/** Milliseconds within which it is known that a process has died. */
const DEATH_TOLD_AFTER = 200;

/** What is to be run, and how. */
export interface RunOptions {
  seed: string;
  /** What the servers and all messages between them suffer from; absent: nothing. */
  fault?: FaultName;
  /** The servers speak TLS to each other. @default only where the fault is one of certificates */
  tls?: boolean;
  listener: StepListener;
  /** Kinds of the sender's and of the receiver's server; absent: those that the scenario needs. */
  sender?: Kind;
  receiver?: Kind;
  /** Where it is played. @default processes on this machine, started for this run */
  openStage?: OpenStage;
  /** Resolves when the run is to end before its end. */
  interrupted?: Promise<void>;
}

/** What came of a run. */
export interface Outcome {
  steps: StepResult[];
  ms: number;
  /** Null: all well. */
  error: string | null;
  interrupted: boolean;
  /** Names of the servers, the sender's first. */
  servers: string[];
  messages: Message[];
  /** What the fault did to servers, and not to single messages, in a few words each. */
  harms: string[];
}

/**
 * Starts the servers that a scenario needs, plays it, heals every fault and checks what must hold at the end. Nothing is left running
 * and nothing is left on disk. Never throws for what a scenario or a server does.
 */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const { seed, fault, listener, interrupted = new Promise<void>(() => undefined) } = options;
  const from = performance.now();
  const steps: StepResult[] = [];
  const outcome: Outcome = { steps, ms: 0, error: null, interrupted: false, servers: [], messages: [], harms: [] };
  const reason = fault === undefined ? undefined : scenario.senseless?.[fault];
  if (reason !== undefined) return { ...outcome, error: `This makes no sense under ${fault}: ${reason}.` };
  const promised: Promised[] = [];
  const ownServerFails = fault !== undefined && isProcessFault(fault);
  const tls = options.tls ?? (fault !== undefined && isCertificateFault(fault));
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-scenario-"));
  const step = stepper(
    {
      started: (name) => listener.started(name),
      ended(result, detail) {
        steps.push(result);
        listener.ended(result, detail);
      },
    },
    LONGEST_STEP_MS,
  );
  try {
    const opening = (options.openStage ?? openStage)(
      [options.sender ?? "koa-ocm", options.receiver ?? scenario.receiver ?? "koa-ocm"],
      folder,
      seed,
      { tls },
    );
    const stop = interrupted.then(() => "interrupted" as const);
    const stage = await Promise.race([opening, stop]);
    if (stage === "interrupted") {
      outcome.interrupted = true;
      await opening.then((opened) => opened.close()).catch(() => undefined);
      return outcome;
    }
    try {
      const roles = stage.roles.map((role) => patient(role, { ownServerFails, promised }));
      const [sender, receiver] = roles;
      if (sender === undefined || receiver === undefined) throw new Error("The stage is empty.");
      outcome.servers = stage.roles.map(({ server }) => server.name);
      const playing = async (): Promise<"done"> => {
        stage.sufferAlways(fault ?? null);
        await scenario.play({ step, stage, sender, receiver, seed });
        stage.suffer(null);
        stage.sufferAlways(null);
        await stage.healed?.();
        await step("invariants", async (say) => {
          await invariants(roles, stage.messages, promised);
          say("the books agree, each effect is there once, what has ended is closed");
        });
        return "done";
      };
      // A server that dies makes steps fail; then its death is the reason.
      const played = playing().catch(async (error: unknown) => {
        await Promise.race([stage.ended, delay(DEATH_TOLD_AFTER)]);
        throw error;
      });
      outcome.interrupted = (await Promise.race([played, stop, stage.ended])) === "interrupted";
    } finally {
      outcome.messages = attributed(
        stage.messages,
        stage.roles.map(({ server }) => server),
      );
      outcome.harms = stage.harms?.() ?? [];
      await stage.close();
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    outcome.error = error instanceof StepFailed ? `${error.step}: ${said}` : said;
  } finally {
    outcome.ms = Math.round(performance.now() - from);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return outcome;
}
