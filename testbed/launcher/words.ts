import { parseArgs } from "node:util";

/** A command line that makes no sense; the message is one line. */
export class BadFlags extends Error {}

/** The flags that a command knows. */
export type Options = Record<string, { type: "boolean" | "string" }>;

/** What was given: the value of each flag, undefined for one that takes none; and what is no flag. */
export interface Given<O extends Options> {
  flags: Partial<Record<keyof O, string | undefined>>;
  operands: string[];
}

/** @throws BadFlags */
export function readWords<O extends Options>(words: string[], options: O): Given<O> {
  const { tokens } = parseArgs({ args: words, options, strict: false, tokens: true });
  const given: Given<O> = { flags: {}, operands: [] };
  for (const token of tokens) {
    if (token.kind === "positional") given.operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    if (!Object.hasOwn(options, name)) {
      throw new BadFlags(`There is no flag ${rawName}; ${offer(name, Object.keys(options), "--")}`);
    }
    const takesValue = options[name]?.type === "string";
    if (!takesValue && value !== undefined) throw new BadFlags(`--${name} takes no value.`);
    if (takesValue && (value === undefined || value === "")) throw new BadFlags(`--${name} needs a value.`);
    given.flags[name as keyof O] = value;
  }
  return given;
}

/** The one of these names that was written. @throws BadFlags which offers the nearest, or all of them */
export function named<N extends string>(what: string, written: string, names: readonly N[]): N {
  const found = names.find((name) => name === written);
  if (found !== undefined) return found;
  throw new BadFlags(`There is no ${what} ${written}; ${offer(written, names)}`);
}

/** The second half of “There is no …”: the name that was probably meant, or all names where none is like what was written. */
export function offer(written: string, names: readonly string[], before = ""): string {
  const near = likely(written, names);
  if (near !== undefined) return `did you mean ${before}${near}?`;
  const all = names.map((name) => before + name).join(", ");
  return names.length === 1 ? `there is only ${all}.` : `there are ${all}.`;
}

/** The name that was most probably meant, however unlike it is. */
export function nearest(written: string, names: readonly string[]): string {
  return likely(written, names) ?? closest(written, names);
}

/** So many letters say something where they stand in a name. */
const FEWEST_WITHIN = 3;

/** The name that begins with what was written, else one that contains it, else one of which half the letters are right. */
function likely(written: string, names: readonly string[]): string | undefined {
  const wanted = written.toLowerCase();
  const beginning = names.filter((name) => name.toLowerCase().startsWith(wanted));
  if (beginning.length > 0) return closest(written, beginning);
  const containing = names.filter((name) => name.toLowerCase().includes(wanted));
  if (containing.length > 0 && wanted.length >= FEWEST_WITHIN) return closest(written, containing);
  const name = closest(written, names);
  return distance(wanted, name.toLowerCase()) > Math.max(wanted.length, name.length) / 2 ? undefined : name;
}

/** The name that is spelt most alike. */
function closest(written: string, names: readonly string[]): string {
  return names
    .map((name) => ({ name, distance: distance(written, name) }))
    .reduce((best, one) => (one.distance < best.distance ? one : best)).name;
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
