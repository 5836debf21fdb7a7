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

/** Virtual users that work for one scenario. */
export interface Crew {
  /** Makes one more, which is free. */
  make(): Promise<void>;
  /** Sees to it that this many are free. */
  prepare(count: number): Promise<void>;
  /** A free one; undefined: all work. */
  take(): Worker | undefined;
  /** Gives one back. */
  free(worker: Worker): void;
  /** The scenario is over: others may have them. */
  dismiss(): void;
}

/** All virtual users of a run, made before it as far as it is known how many are needed. */
export interface Pool {
  /** Sees to it that this many are free. */
  prepare(count: number): Promise<void>;
  /** So many of the free ones, as far as there are so many, for one scenario alone. */
  crew(count: number): Crew;
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
  const prepare = async (list: Worker[], count: number): Promise<void> => {
    while (list.length < count) list.push(await make());
  };
  return {
    prepare: (count) => prepare(free, count),
    crew(count) {
      const own = free.splice(0, count);
      return {
        async make() {
          own.push(await make());
        },
        prepare: (wanted) => prepare(own, wanted),
        take() {
          const worker = own.pop();
          // Read when it is needed: virtual users are made before setup runs.
          if (worker !== undefined) worker.data ??= JSON.parse(setupData());
          return worker;
        },
        free: (worker) => own.push(worker),
        dismiss: () => free.push(...own.splice(0)),
      };
    },
    async close() {
      await Promise.all(all.map(({ vu }) => vu.connections.close()));
    },
  };
}
