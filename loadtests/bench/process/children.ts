import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { CallAnswer, CallRequest, Calls } from "./calls.ts";

/** A process of the bench, asked to do things by name. */
export interface Child<C extends Calls> {
  /** @throws Error when the call fails there, when the process ends, and after `within` milliseconds. */
  call<K extends keyof C & string>(
    name: K,
    input: Parameters<C[K]>[0],
    within?: number,
  ): Promise<Awaited<ReturnType<C[K]>>>;
  stop(): Promise<void>;
}

/** The processes of one run. */
export interface Children {
  start<C extends Calls>(name: string, file: URL): Child<C>;
  /** Ends all that still run, at once. */
  kill(): void;
}

const PATIENCE_MS = 60_000;
const LONGEST_END_MS = 8000;
/** How long after its end something that a process wrote before may come. */
const LAST_WORDS_MS = 50;
const KEPT_CHARACTERS = 4000;

export function createChildren(): Children {
  const running = new Set<ChildProcess>();
  return {
    start(name, file) {
      const child = fork(fileURLToPath(file), {
        // As the documentation recommends: verification uses the thread pool, one thread for each core.
        env: { ...process.env, NODE_ENV: "production", UV_THREADPOOL_SIZE: String(availableParallelism()) },
        stdio: ["ignore", "ignore", "pipe", "ipc"],
        serialization: "advanced",
      });
      running.add(child);
      child.once("exit", () => running.delete(child));
      return asChild(name, child);
    },
    kill() {
      for (const child of running) child.kill("SIGKILL");
    },
  };
}

function asChild<C extends Calls>(name: string, child: ChildProcess): Child<C> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  let said = "";
  let ended: Error | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  child.on("message", (answer: CallAnswer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) call?.reject(new Error(`${name}: ${answer.error}`));
    else call?.resolve(answer.result);
  });
  const end = (how: string) => {
    ended ??= new Error(`${name} ${how}. ${said}`.trim());
    for (const call of waiting.values()) call.reject(ended);
    waiting.clear();
  };
  child.once("error", (error) => end(`could not be started: ${error.message}`));
  const exited = new Promise<void>((resolve) => {
    // "close" would come later, with all of standard error read, but not at all where we have disconnected.
    child.once("exit", (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      setTimeout(() => end(`ended (${how})`), LAST_WORDS_MS).unref();
      resolve();
    });
  });

  return {
    async call(called, input, within = PATIENCE_MS) {
      if (ended !== undefined) throw ended;
      const id = ++calls;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      child.send({ id, name: called, input } satisfies CallRequest);
      const late = setTimeout(
        () => answer.reject(new Error(`${name} did not finish "${called}" within ${within / 1000} s.`)),
        within,
      );
      try {
        return (await answer.promise) as never;
      } finally {
        clearTimeout(late);
        waiting.delete(id);
      }
    },
    async stop() {
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), LONGEST_END_MS);
      await exited;
      clearTimeout(late);
    },
  };
}
