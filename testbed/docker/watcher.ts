import { setTimeout as delay } from "node:timers/promises";
import type { ProxyClient, Seen } from "./proxy/client.ts";

/** Milliseconds between two looks at what the proxies saw. */
const EVERY_MS = 300;

/** Keeps one list of what several proxies saw. */
export interface Watcher {
  /** In the order in which they began, numbered anew. */
  messages: Seen[];
  /** Resolves when the list holds all that had begun before. */
  look(): Promise<void>;
  close(): void;
}

export function watchProxies(proxies: readonly ProxyClient[]): Watcher {
  const messages: Seen[] = [];
  const known = proxies.map(() => new Map<number, Seen>());
  const closing = new AbortController();
  let looking: Promise<void> = Promise.resolve();

  async function once(): Promise<void> {
    const all = await Promise.all(proxies.map((proxy) => proxy.news()));
    for (const [at, news] of all.entries()) {
      for (const { number, ...message } of news) {
        const seen = known[at]?.get(number);
        // The objects stay the same: somebody may hold one.
        if (seen !== undefined) Object.assign(seen, message);
        else {
          const added = { ...message, number };
          known[at]?.set(number, added);
          messages.push(added);
        }
      }
    }
    messages.sort((one, other) => one.at - other.at);
    for (const [index, message] of messages.entries()) message.number = index + 1;
  }
  const look = (): Promise<void> => {
    looking = looking.catch(() => undefined).then(once);
    return looking;
  };
  const watch = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await look().catch(() => undefined);
      await delay(EVERY_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  void watch();
  return { messages, look, close: () => closing.abort() };
}
