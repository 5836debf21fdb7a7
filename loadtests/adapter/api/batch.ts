/** How many requests of one `http.batch()` are under way at once, in all and to one host. They are k6's defaults. */
const AT_ONCE = 20;
const AT_ONCE_PER_HOST = 6;

/**
 * Does all of this work at once, as far as the limits allow; the rest follows as soon as a place is free.
 * @see https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#batch
 */
export async function atOnce<T>(all: readonly { host: string; work(): Promise<T> }[]): Promise<T[]> {
  const waiting = all.map((one, index) => ({ ...one, index }));
  const results: T[] = [];
  const hosts = new Map<string, number>();
  const under = (host: string): number => hosts.get(host) ?? 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const next = waiting.findIndex(({ host }) => under(host) < AT_ONCE_PER_HOST);
      const [one] = next < 0 ? [] : waiting.splice(next, 1);
      if (one === undefined) return;
      hosts.set(one.host, under(one.host) + 1);
      try {
        results[one.index] = await one.work();
      } finally {
        hosts.set(one.host, under(one.host) - 1);
      }
    }
  };
  // A lane that finds no host with a free place ends; the ones at work go on with what waits for theirs.
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
