/** Of some names, the one that a mistyped one most likely stands for: that with the fewest changes of a letter. */
export function nearest(typed: string, names: readonly string[]): string {
  const [first = ""] = [...names].sort((one, other) => distance(typed, one) - distance(typed, other));
  return first;
}

/** Levenshtein's distance, row by row. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...to].entries()) {
      const replaced = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
