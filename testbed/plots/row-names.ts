import { FONT_SIZE, word } from "./chart.ts";
import { colour } from "./colours.ts";

/** Where the rows of a drawing are, in px. */
export interface Rows {
  top: number;
  height: number;
  /** Where the plot begins. */
  left: number;
  /** The name stands above its row. */
  narrow: boolean;
}

/** The names of rows: at the left of the plot, or above each row. They come from outside, so ECharts does not see them. */
export function rowNames(names: readonly string[], { top, height, left, narrow }: Rows): string {
  const look = `fill="${colour("ink")}"`;
  return names
    .map((name, i) =>
      narrow
        ? word(name, left, top + FONT_SIZE * 0.7 + i * height, look)
        : word(name, left - 10, top + (i + 0.5) * height, `${look} text-anchor="end"`),
    )
    .join("");
}

/** The axis of rows, as ECharts needs it. */
export function rowAxis(rows: number) {
  return {
    type: "category" as const,
    inverse: true,
    data: Array.from({ length: rows }, (_, i) => String(i)),
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { show: false },
  };
}
