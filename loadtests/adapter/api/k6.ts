import { countCheck, groupPath } from "../groups.ts";
import type { Tags } from "../metrics/registry.ts";
import { measured, tagsOf, type Vu, wait } from "../vu.ts";

type Check<V> = ((value: V) => unknown) | unknown;

/** The module `k6` for one virtual user. */
export function k6Module(vu: Vu) {
  return {
    check<V>(value: V, sets: Record<string, Check<V>>, tags?: Tags): boolean {
      let all = true;
      for (const [name, condition] of Object.entries(sets)) {
        if (isAsync(condition)) throw new Error(`The check “${name}” is asynchronous; k6 cannot wait for it.`);
        let passed = false;
        try {
          passed = Boolean(typeof condition === "function" ? condition(value) : condition);
        } finally {
          countCheck(vu.engine.rootGroup, vu.group, name, passed);
          measured(vu, "checks", passed ? 1 : 0, tagsOf(vu, { check: name }, tags));
        }
        all &&= passed;
      }
      return all;
    },

    group<R>(name: string, body: () => R): R {
      if (isAsync(body)) throw new Error(`The group “${name}” is asynchronous; k6 cannot tag what it does.`);
      const outer = vu.group;
      const from = performance.now();
      vu.group = groupPath(outer, name);
      try {
        return body();
      } finally {
        measured(vu, "group_duration", performance.now() - from, tagsOf(vu));
        vu.group = outer;
      }
    },

    fail(message?: string): never {
      throw new Error(message ?? "");
    },

    /** In k6 it waits; here it gives a promise, and `await sleep(1)` means the same in both. */
    sleep: (seconds: number): Promise<void> => wait(vu, seconds * 1000),
  };
}

function isAsync(value: unknown): boolean {
  return typeof value === "function" && value.constructor.name === "AsyncFunction";
}
