/** Numbers for people: with unit, and no more digits than anybody reads. */

/** What stands where there is no number. */
export const NOTHING = "–";

type Maybe = number | null | undefined;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `12,345`; below a hundred, three digits that count: `1.25`. */
export function count(value: Maybe): string {
  return known(value, (number) => (Number.isInteger(number) ? grouped(number) : digits(number)));
}

/** `1.21 MiB`. */
export function bytes(value: Maybe): string {
  return known(value, (number) => {
    const { unit, size } = byteUnit(number);
    return `${number < size * 10 && unit !== "B" ? digits(number / size) : grouped(number / size)} ${unit}`;
  });
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** The unit in which this many bytes are a number between 1 and 1,024. */
export function byteUnit(most: number): { unit: string; size: number } {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, most)) / 10)));
  return { unit: BYTE_UNITS[power] ?? "B", size: 1024 ** power };
}

/** Milliseconds as `12 ms`, `3.4 s`, `5 min 3 s`, `2 h 10 min` or `3 d 4 h`. */
export function duration(value: Maybe): string {
  return known(value, (ms) => {
    if (ms < SECOND) return `${digits(ms)} ms`;
    if (ms < MINUTE) return `${digits(ms / SECOND)} s`;
    if (ms < HOUR) return pair(ms, MINUTE, "min", SECOND, "s");
    if (ms < DAY) return pair(ms, HOUR, "h", MINUTE, "min");
    return pair(ms, DAY, "d", HOUR, "h");
  });
}

/** The unit for an axis of times that reaches to `most` milliseconds. */
export function timeUnit(most: number): { unit: string; size: number } {
  if (most <= 2 * SECOND) return { unit: "ms", size: 1 };
  if (most <= 2 * MINUTE) return { unit: "s", size: SECOND };
  if (most <= 2 * HOUR) return { unit: "min", size: MINUTE };
  if (most <= 3 * DAY) return { unit: "h", size: HOUR };
  return { unit: "d", size: DAY };
}

/** `98.3 %` of a whole. */
export function percent(part: Maybe, whole: Maybe): string {
  return known(whole, (all) => (all === 0 ? NOTHING : known(part, (some) => `${digits((some / all) * 100)} %`)));
}

/** `1 share`, `2 shares`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function known(value: Maybe, print: (number: number) => string): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NOTHING : print(value);
}

function grouped(number: number): string {
  return String(Math.round(number)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Three digits that count, without zeros at the end. */
function digits(number: number): string {
  if (Math.abs(number) >= 100) return grouped(number);
  const places = Math.abs(number) >= 10 ? 1 : Math.abs(number) >= 0.1 ? 2 : 4;
  return String(Number(number.toFixed(places)));
}

function pair(ms: number, big: number, bigName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const perBig = big / small;
  const rest = smalls % perBig;
  return `${grouped((smalls - rest) / perBig)} ${bigName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}
