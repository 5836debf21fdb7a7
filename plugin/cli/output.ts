import { styleText } from "node:util";

type Colour = "green" | "yellow" | "red" | "dim";

/** Where a command writes its results: lines for people, or one JSON object a line for programs. */
export interface Output {
  json: boolean;
  /** One line for a person, without control characters whatever it quotes. `mark` comes before it, in colour on a terminal. */
  line(text: string, mark?: { text: string; colour: Colour }): void;
  /** One JSON object on a line of its own. */
  object(value: object): void;
}

export function outputTo(stream: NodeJS.WriteStream, json: boolean): Output {
  return {
    json,
    line(text, mark) {
      // Without a terminal, and where NO_COLOR is set, this adds nothing.
      const before = mark === undefined ? "" : `${styleText(mark.colour, mark.text, { stream })} `;
      stream.write(`${before}${text.replace(/[\p{Cc}\p{Cf}]/gu, " ").trimEnd()}\n`);
    },
    object: (value) => void stream.write(`${JSON.stringify(value)}\n`),
  };
}

/** Rows as lines, each column as wide as its widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join("  ")
      .trimEnd(),
  );
}

/** A time in milliseconds since the Unix epoch, to the second; "–" for none. */
export function timeOf(ms: number | null): string {
  return ms === null ? "–" : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
