import type { Mark } from "./lines.ts";

/** What a sign in a drawing means. */
export interface Key {
  name: string;
  colour: string;
  /** A line with this mark; `dot` for a disc, `block` for a bar, `only-` for the mark without a line. */
  sign: Mark | "dot" | "block" | `only-${Exclude<Mark, "none">}`;
  dashed?: boolean;
}

/** The sign on a ground of 24 by 14 px, as the parts of an SVG. */
export function drawSign({ colour, sign, dashed = false }: Key): string {
  const bare = sign.replace("only-", "") as Exclude<Key["sign"], `only-${string}`>;
  const line = `<path d="M1 7H23" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="6 4"' : ""}/>`;
  const mark = MARKS[bare](colour);
  return bare !== sign || bare === "dot" || bare === "block" ? mark : line + mark;
}

const MARKS: Record<Mark | "dot" | "block", (colour: string) => string> = {
  none: () => "",
  dot: (colour) => `<circle cx="12" cy="7" r="6" fill="${colour}"/>`,
  block: (colour) => `<rect x="4" y="1" width="16" height="12" fill="${colour}"/>`,
  circle: (colour) => `<circle cx="12" cy="7" r="4" fill="${colour}"/>`,
  rect: (colour) => `<rect x="8" y="3" width="8" height="8" fill="${colour}"/>`,
  triangle: (colour) => `<path d="M12 2L17 11H7Z" fill="${colour}"/>`,
  diamond: (colour) => `<path d="M12 2L17 7L12 12L7 7Z" fill="${colour}"/>`,
};
