import type { Engine } from "../engine.ts";
import { createConnections } from "../http/connections.ts";
import type { Instance } from "../modules.ts";
import { createVu, type Vu } from "../vu.ts";

/** A virtual user with the script that it runs. */
export interface Worker {
  vu: Vu;
  instance: Instance;
  /** Its own copy of what `setup` gave. */
  data: unknown;
}

/** All virtual users of a run, made before it as far as it is known how many are needed. */
export interface Pool {
  /** Makes one more. */
  make(): Promise<Worker>;
  /** Sees to it that this many are free. */
  prepare(count: number): Promise<void>;
  /** A free one; undefined: all work. */
  take(): Worker | undefined;
  /** Gives one back. */
  free(worker: Worker): void;
  close(): Promise<void>;
}

export function createPool(engine: Engine, load: (vu: Vu) => Promise<Instance>, setupData: () => string): Pool {
  const free: Worker[] = [];
  const all: Worker[] = [];
  let ids = 0;
  const make = async (): Promise<Worker> => {
    ids += 1;
    const vu = createVu(
      ids,
      engine,
      createConnections(() => engine.options),
    );
    const instance = await load(vu);
    vu.stage = "vu";
    const worker = { vu, instance, data: undefined };
    all.push(worker);
    engine.counts.vusInitialized = all.length;
    return worker;
  };
  return {
    make,
    async prepare(count) {
      while (free.length < count) free.push(await make());
    },
    take() {
      const worker = free.pop();
      // Read when it is needed: virtual users are made before setup runs.
      if (worker !== undefined) worker.data ??= JSON.parse(setupData());
      return worker;
    },
    free: (worker) => free.push(worker),
    async close() {
      await Promise.all(all.map(({ vu }) => vu.connections.close()));
    },
  };
}
