import type { Sample } from "../report.ts";

/** Some samples after each other, as one point of a plot. */
export interface Span {
  /** The end, in virtual milliseconds. */
  at: number;
  /** The most within it. */
  backlog: number;
  /** At its end. */
  sharesCreated: number;
  sharesReceived: number;
  sharesEnded: number;
  /** Messages for each millisecond of it, and those that failed. */
  perMs: number;
  failedPerMs: number;
}

/** As many points as can be told apart in a plot. */
const MOST_SPANS = 360;

/** Puts samples together where there are too many: the greatest backlog stays, rates are means. */
export function merged(samples: readonly Sample[]): Span[] {
  const each = Math.max(1, Math.ceil(samples.length / MOST_SPANS));
  const spans: Span[] = [];
  let before = 0;
  for (let from = 0; from < samples.length; from += each) {
    const part = samples.slice(from, from + each);
    const last = part.at(-1);
    if (last === undefined) break;
    const { at, sharesCreated, sharesReceived, sharesEnded } = last;
    const sum = (value: (sample: Sample) => number) => part.reduce((all, sample) => all + value(sample), 0);
    const length = at - before;
    spans.push({
      at,
      sharesCreated,
      sharesReceived,
      sharesEnded,
      backlog: part.reduce((most, sample) => Math.max(most, sample.backlog), 0),
      // The first sample may be at the begin itself.
      perMs: length <= 0 ? 0 : sum(({ messages }) => messages) / length,
      failedPerMs: length <= 0 ? 0 : sum(({ failed }) => failed) / length,
    });
    before = at;
  }
  return spans;
}
