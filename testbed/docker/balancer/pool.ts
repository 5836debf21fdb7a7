import { type Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds between two looks at a process, and the longest that its answer may take. */
export interface Checking {
  everyMs: number;
  longestMs: number;
}

/** One process of a server. */
export interface Process {
  /** Its place in the list of its server, from 0 on. */
  index: number;
  host: string;
  port: number;
  /** It answered the last look with 200, and no connection to it has failed since. */
  isReady: boolean;
}

/** The processes of one server. */
export interface Pool {
  processes: readonly Process[];
  /**
   * The one that takes the next request, in turn.
   *
   * @param wanted place of the one that the client was at before; it is taken as long as it is ready
   * @param but those that have failed with this request
   * @returns undefined when none is ready
   */
  pick(wanted: number | undefined, but: ReadonlySet<Process>): Process | undefined;
  /** Nobody could connect to it: it gets nothing until the next look. */
  failed(process: Process): void;
  close(): void;
}

/** Looks at each process in turn, beginning now: only with 200 from `/readyz` is it given requests. */
export function openPool(targets: { host: string; port: number }[], agent: Agent, checking: Checking): Pool {
  const processes = targets.map((target, index): Process => ({ ...target, index, isReady: false }));
  const closing = new AbortController();
  let turn = 0;

  async function watch(process: Process): Promise<void> {
    while (!closing.signal.aborted) {
      process.isReady = await isReady(process, agent, checking.longestMs);
      await delay(checking.everyMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }
  for (const process of processes) void watch(process);

  return {
    processes,
    pick(wanted, but) {
      const ready = processes.filter((process) => process.isReady && !but.has(process));
      const kept = ready.find(({ index }) => index === wanted);
      if (kept !== undefined || ready.length === 0) return kept;
      turn += 1;
      return ready[turn % ready.length];
    },
    failed(process) {
      process.isReady = false;
    },
    close: () => closing.abort(),
  };
}

function isReady({ host, port }: Process, agent: Agent, longestMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host, port, agent, path: "/readyz", timeout: longestMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(false));
    asked.once("close", () => resolve(false));
    asked.end();
  });
}
