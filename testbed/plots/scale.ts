import { byteUnit, count, duration, timeUnit } from "./format.ts";

/** An axis: its range, where it has marks, and what is written at them. */
export interface Scale {
  /** With the unit, such as `virtual time (min)`. */
  name: string;
  min: number;
  max: number;
  log: boolean;
  /** In order; the least and the greatest may lie within the range. */
  ticks: number[];
  label: (value: number) => string;
}

/** Counts from zero on. */
export function countScale(name: string, values: readonly number[], about = 4): Scale {
  return linear(name, { most: greatest(values), about, size: 1, least: 1 });
}

/** Any numbers from zero on, such as ratios. */
export function numberScale(name: string, values: readonly number[], about = 4): Scale {
  return linear(name, { most: greatest(values), about, size: 1, least: 0 });
}

/** Bytes from zero on; the unit stands in the name. */
export function byteScale(name: string, values: readonly number[], about = 4): Scale {
  const most = greatest(values);
  const { unit, size } = byteUnit(most);
  return linear(`${name} (${unit})`, { most, about, size, least: unit === "B" ? 1 : 0 });
}

/** Milliseconds from zero on; the unit stands in the name. */
export function timeScale(name: string, values: readonly number[], about = 6): Scale {
  const most = greatest(values);
  const { unit, size } = timeUnit(most);
  return linear(`${name} (${unit})`, { most, about, size, least: 0, sixties: unit !== "d" && unit !== "ms" });
}

/** Milliseconds in powers; what is less than the first mark is drawn at it. */
export function durationLogScale(name: string, values: readonly number[]): Scale {
  const least = lowest(values);
  const most = greatest(values);
  if (most > TINY && most <= SHORT && most / least <= MOST_FINE) return logScale(name, values, duration);
  const first = DURATIONS.findLastIndex((each) => each <= least && most > TINY);
  const last = DURATIONS.findIndex((each) => each >= most);
  const from = first === -1 ? DURATIONS.indexOf(1) : first;
  const to = Math.max(from + 1, last === -1 ? DURATIONS.length - 1 : last);
  const ticks = DURATIONS.slice(from, to + 1);
  return { name, min: ticks[0] ?? 1, max: Math.max(ticks.at(-1) ?? 10, most), log: true, ticks, label: duration };
}

/** Longer times are no powers of ten: a minute, an hour. */
const SHORT = 10_000;

/** Times that people know, each some ten times the one before. */
const DURATIONS = [
  0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 604_800_000, 6_048_000_000,
];

/** From the least value above zero to the greatest, in powers. */
export function logScale(name: string, values: readonly number[], label: (value: number) => string = count): Scale {
  const most = greatest(values);
  const nothing = most <= TINY;
  const least = nothing ? 1 : lowest(values);
  const doubled = doublings(least, most);
  if (doubled.length > 1 && values.every((value) => doubled.includes(value))) {
    return { name, min: least, max: most, log: true, ticks: doubled, label };
  }
  const from = Math.floor(Math.log10(least) + 1e-9);
  const to = Math.max(from + 1, Math.ceil(Math.log10(nothing ? 10 : most) - 1e-9));
  const between = Array.from({ length: to - from + 1 }, (_, i) => rounded(10 ** (from + i)));
  const fine = between.flatMap((power) => [1, 2, 5].map((each) => rounded(each * power)));
  const min = fine.findLast((each) => each <= least * 1.000001) ?? least;
  const max = fine.find((each) => each >= most * 0.999999 && each > min) ?? most;
  const marks = max / min <= MOST_FINE ? fine : every(between, Math.ceil(between.length / 9));
  return { name, min, max, log: true, ticks: marks.filter((each) => each >= min && each <= max), label };
}

/** Numbers that double, such as those of processes, as far as marks at them are legible. */
function doublings(least: number, most: number): number[] {
  if (most / least > MOST_DOUBLED) return [];
  return Array.from({ length: Math.floor(Math.log2(most / least)) + 1 }, (_, i) => least * 2 ** i);
}

const MOST_DOUBLED = 64;

/** Up to this range, two more marks between powers of ten are legible. */
const MOST_FINE = 200;

function every(marks: readonly number[], step: number): number[] {
  return marks.filter((_, i) => i % step === 0);
}

interface Linear {
  most: number;
  about: number;
  /** What one unit of the labels is worth. */
  size: number;
  /** The least step, in units of the labels: counts have no halves. */
  least: number;
  sixties?: boolean;
}

function linear(name: string, { most, about, size, least, sixties = false }: Linear): Scale {
  const top = most > TINY ? most / size : 1;
  const step = Math.max(least, niceStep(top / about, sixties));
  const steps = Math.max(1, Math.ceil(top / step - 1e-9));
  const ticks = Array.from({ length: steps + 1 }, (_, i) => rounded(i * step * size));
  return { name, min: 0, max: ticks.at(-1) ?? size, log: false, ticks, label: (value) => count(rounded(value / size)) };
}

function niceStep(rough: number, sixties: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = sixties && rough > 1 ? [1, 2, 5, 10, 15, 30, 60, 120] : [1, 2, 5, 10].map((each) => each * power);
  return steps.find((step) => step >= rough * 0.999) ?? power * 10;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isFinite(value) && value > most ? value : most), 0);
}

/** What is less is nothing: no unit here has anything to measure there. */
const TINY = 1e-9;

/** The least that is above zero. */
function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => (value > TINY && value < least ? value : least), Number.MAX_VALUE);
}

/** Without what binary fractions leave behind. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
