/**
 * Colours by their job, on light and on dark ground. The first set is written into a drawing, so that every program can show it; a style
 * sheet turns it into the second where the reader's system is dark. Therefore no two of the first set are the same.
 */
const COLOURS = {
  paper: ["#ffffff", "#14181d"],
  panel: ["#f6f8fa", "#1c2128"],
  ink: ["#1f2328", "#e6edf3"],
  soft: ["#57606a", "#a9b4bf"],
  axis: ["#8c959f", "#6b7683"],
  grid: ["#e4e8ec", "#2d343c"],
  good: ["#1a7f4b", "#56c48a"],
  bad: ["#c4320a", "#ff8a65"],
  // After Okabe and Ito: told apart by people who see fewer colours too.
  blue: ["#0072b2", "#56a9e0"],
  orange: ["#d55e00", "#f0904d"],
  green: ["#009e73", "#3fc9a0"],
  pink: ["#b5498b", "#e39ac6"],
  yellow: ["#c98f00", "#e8bd4a"],
  sky: ["#56b4e9", "#9bd6fa"],
  grey: ["#6e7781", "#98a2ae"],
  brown: ["#7a5230", "#c59a74"],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

/** The name of a colour's job. */
export type ColourName = keyof typeof COLOURS;

const NAMES = Object.keys(COLOURS) as ColourName[];

/** Those that tell things apart, in the order in which they are used. */
export const SERIES_COLOURS = ["blue", "orange", "green", "pink", "yellow", "sky", "brown", "grey"] as const;

/** The colour that is written into a drawing. */
export function colour(name: ColourName): string {
  return COLOURS[name][0];
}

/** The colour of the series with this place. */
export function seriesColour(index: number): string {
  return colour(SERIES_COLOURS[index % SERIES_COLOURS.length] ?? "blue");
}

/** Rules that turn every drawing below `scope` dark. */
export function darkDrawing(scope: string): string {
  return NAMES.flatMap((name) =>
    ["fill", "stroke"].map((what) => `${scope}[${what}="${COLOURS[name][0]}"]{${what}:${COLOURS[name][1]}}`),
  ).join("");
}

/** Custom properties with the colours, such as `--ink`. */
export function properties(ground: "light" | "dark"): string {
  return NAMES.map((name) => `--${name}:${COLOURS[name][ground === "light" ? 0 : 1]}`).join(";");
}
