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
      throw new BadFlags(`There is no flag ${rawName}; did you mean --${nearest(name, Object.keys(options))}?`);
    }
    const takesValue = options[name]?.type === "string";
    if (!takesValue && value !== undefined) throw new BadFlags(`--${name} takes no value.`);
    if (takesValue && (value === undefined || value === "")) throw new BadFlags(`--${name} needs a value.`);
    given.flags[name as keyof O] = value;
  }
  return given;
}

/** The name that is spelt most alike. */
export function nearest(written: string, names: readonly string[]): string {
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
