/** A map with bounds on its entries and on their total weight. What was not used for longest has to go. */
export interface Lru<V> {
  /** The value, which counts as used. */
  get(key: string): V | undefined;
  set(key: string, value: V, weight?: number): void;
  delete(key: string): void;
  entries(): IterableIterator<[string, V]>;
  readonly size: number;
}

export function createLru<V>({ maxEntries, maxWeight = Infinity }: { maxEntries: number; maxWeight?: number }): Lru<V> {
  const map = new Map<string, { value: V; weight: number }>();
  let total = 0;
  const remove = (key: string) => {
    total -= map.get(key)?.weight ?? 0;
    map.delete(key);
  };
  return {
    get(key) {
      const entry = map.get(key);
      if (entry === undefined) return undefined;
      // A Map keeps the order of insertion, so the entry becomes the newest.
      map.delete(key);
      map.set(key, entry);
      return entry.value;
    },
    set(key, value, weight = 0) {
      remove(key);
      map.set(key, { value, weight });
      total += weight;
      for (const oldest of map.keys()) {
        if ((map.size <= maxEntries && total <= maxWeight) || map.size === 1) return;
        remove(oldest);
      }
    },
    delete: remove,
    *entries() {
      for (const [key, { value }] of map) yield [key, value];
    },
    get size() {
      return map.size;
    },
  };
}
