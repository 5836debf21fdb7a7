import type { Vu } from "../vu.ts";

/** The module `k6/data` for one virtual user. */
export function dataModule(vu: Vu) {
  return {
    /** An array whose elements are kept once for all. Each access gives a new copy, which nobody else sees changed. */
    SharedArray: function sharedArray(name: string, make: () => unknown): unknown {
      if (vu.stage !== "init") throw new Error("new SharedArray must be called in the init context");
      const known = vu.engine.sharedArrays.get(name);
      const elements = known ?? elementsOf(make());
      vu.engine.sharedArrays.set(name, elements);
      return proxyOf(elements);
    },
  };
}

function elementsOf(made: unknown): string[] {
  if (!Array.isArray(made)) throw new Error("Only arrays can be made into a SharedArray.");
  return made.map((element) => JSON.stringify(element));
}

function proxyOf(elements: string[]): unknown {
  const isIndex = (key: string | symbol): key is string => typeof key === "string" && /^\d+$/.test(key);
  const at = (key: string): unknown => {
    const element = elements[Number(key)];
    return element === undefined ? undefined : deepFrozen(JSON.parse(element));
  };
  const refuse = (): never => {
    throw new TypeError("SharedArray is immutable.");
  };
  // The length is the target's own; what is in it is never looked at.
  return new Proxy(new Array(elements.length), {
    get: (target, key, receiver) => (isIndex(key) ? at(key) : Reflect.get(target, key, receiver)),
    has: (target, key) => (isIndex(key) ? Number(key) < elements.length : Reflect.has(target, key)),
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  });
}

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFrozen(inner);
    Object.freeze(value);
  }
  return value;
}
