import { axisTitle } from "./axes.ts";
import { chartText, drawChart, FONT_SIZE, type Size, textWidth } from "./chart.ts";
import { colour } from "./colours.ts";
import { rowAxis, rowNames } from "./row-names.ts";
import { shortened } from "./text.ts";

/** One bar to the right; its parts lie one after the other. */
export interface Bar {
  name: string;
  /** With a colour for each; all of them at least zero. */
  parts: readonly { value: number; colour: string }[];
  /** What is written at its end. */
  label: string;
}

export interface BarsPlot {
  /** What the lengths mean, with the unit. */
  title: string;
  bars: readonly Bar[];
  /** The length of a whole row; without it the longest bar has it. */
  whole?: number;
  /** The name of a bar stands above it, for a page that is not wide. */
  narrow?: boolean;
}

const ROW = 24;
const NARROW_ROW = 38;
const TOP = 22;

/** How high the drawing has to be. */
export function barsHeight({ bars, narrow = false }: BarsPlot): number {
  return TOP + bars.length * (narrow ? NARROW_ROW : ROW) + 6;
}

/** Bars to the right, the first at the top, as the parts of an SVG. They need no axis: each says its number. */
export function drawBars(id: string, size: Size, plot: BarsPlot): string {
  const { bars, narrow = false } = plot;
  const names = bars.map(({ name }) => shortened(name, narrow ? 40 : 30));
  const left = narrow ? 0 : Math.ceil(Math.max(0, ...names.map((name) => textWidth(name)))) + 10;
  const right = Math.ceil(Math.max(0, ...bars.map(({ label }) => textWidth(label)))) + 10;
  const lengths = bars.map(({ parts }) => parts.reduce((all, { value }) => all + value, 0));
  const letters = { color: colour("ink"), fontSize: FONT_SIZE };
  // Names above the bars: what ECharts calls a row begins with its bar.
  const top = narrow ? TOP + NARROW_ROW / 2 - 12 : TOP;
  const drawn = drawChart(id, size, {
    title: axisTitle(plot.title),
    grid: { left, right, top, bottom: size.height - top - bars.length * (narrow ? NARROW_ROW : ROW) },
    xAxis: { type: "value", show: false, min: 0, max: plot.whole ?? Math.max(...lengths, 1e-9) },
    yAxis: rowAxis(bars.length),
    series: stack(bars).map((parts, part, all) => ({
      type: "bar" as const,
      stack: "all",
      silent: true,
      barWidth: narrow ? 12 : 14,
      data: parts.map(({ value, colour: color }) => ({ value, itemStyle: { color } })),
      label:
        part === all.length - 1
          ? {
              ...letters,
              show: true,
              position: "right" as const,
              distance: 6,
              formatter: ({ dataIndex }: { dataIndex: number }) => chartText(bars[dataIndex]?.label ?? ""),
            }
          : { show: false },
    })),
  });
  return drawn + rowNames(names, { top: TOP, height: narrow ? NARROW_ROW : ROW, left, narrow });
}

/** The first parts of all bars, then the second ones, and so on. */
function stack(bars: readonly Bar[]): Bar["parts"][] {
  const most = Math.max(1, ...bars.map(({ parts }) => parts.length));
  return Array.from({ length: most }, (_, part) =>
    bars.map(({ parts }) => parts[part] ?? { value: 0, colour: colour("grey") }),
  );
}
