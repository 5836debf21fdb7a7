/** What is to happen at a time. */
export interface Timer {
  readonly at: number;
  /** Null: it was called off, or went off. */
  action: (() => void) | null;
}

/** Timers by time, those of one time in the order in which they were set. */
export interface Timers {
  add(at: number, action: () => void): Timer;
  cancel(timer: Timer): void;
  /** The time of the next one; null: there is none. */
  next(): number | null;
  /** Takes the next one out; null: there is none. */
  take(): Timer | null;
  /** How many wait. */
  size(): number;
  /** How many are in memory, with those that were called off. */
  held(): number;
}

interface Entry extends Timer {
  readonly order: number;
}

/** A binary heap. What was called off stays in it until its time, or until such entries are more than the others. */
export function createTimers(): Timers {
  let heap: Entry[] = [];
  let order = 0;
  let dead = 0;

  function isBefore(one: Entry, other: Entry): boolean {
    return one.at === other.at ? one.order < other.order : one.at < other.at;
  }

  function rise(from: number): void {
    let index = from;
    const entry = heap[index] as Entry;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Entry;
      if (isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  function sink(from: number): void {
    let index = from;
    const entry = heap[index] as Entry;
    for (;;) {
      let below = index * 2 + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, heap[below] as Entry)) below += 1;
      const child = heap[below] as Entry;
      if (isBefore(entry, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = entry;
  }

  function removeFirst(): void {
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    heap[0] = last;
    sink(0);
  }

  function compact(): void {
    heap = heap.filter(({ action }) => action !== null);
    dead = 0;
    for (let index = (heap.length >> 1) - 1; index >= 0; index -= 1) sink(index);
  }

  function clearFirst(): void {
    while (heap[0]?.action === null) {
      removeFirst();
      dead -= 1;
    }
  }

  return {
    add(at, action) {
      const entry: Entry = { at, action, order: order++ };
      heap.push(entry);
      rise(heap.length - 1);
      return entry;
    },
    cancel(timer) {
      if (timer.action === null) return;
      timer.action = null;
      dead += 1;
      if (dead > 1000 && dead > heap.length / 2) compact();
    },
    next() {
      clearFirst();
      return heap[0]?.at ?? null;
    },
    take() {
      clearFirst();
      const first = heap[0];
      if (first === undefined) return null;
      removeFirst();
      // Whoever calls it off afterwards is too late, and that is no dead entry of the heap.
      const { at, action } = first;
      first.action = null;
      return { at, action };
    },
    size: () => heap.length - dead,
    held: () => heap.length,
  };
}
