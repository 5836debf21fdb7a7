import type { EChartsOption } from "echarts";
import { chartText, FONT_SIZE, type Size, textWidth } from "./chart.ts";
import { colour } from "./colours.ts";
import type { Scale } from "./scale.ts";

/** Where a plot's area lies, in px from each side. */
export interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const GAP = 8;

/** Leaves as much as the words at the axes need. */
export function areaFor(x: Scale, y: Scale): Area {
  const widest = Math.max(...y.ticks.map((tick) => textWidth(y.label(tick))));
  const last = textWidth(x.label(x.ticks.at(-1) ?? 0)) / 2;
  return { left: Math.ceil(widest) + GAP + 4, right: Math.ceil(Math.max(14, last + 4)), top: 30, bottom: 46 };
}

/** The axis below. */
export function xAxis(scale: Scale, { width }: Size, { left, right }: Area) {
  const ticks = thinned(scale, width - left - right);
  return {
    ...axisOf(scale, ticks),
    name: chartText(scale.name),
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: colour("soft"), fontSize: FONT_SIZE },
    splitLine: { show: scale.log, lineStyle: { color: colour("grid") } },
    axisTick: { show: true, customValues: scale.ticks, lineStyle: { color: colour("axis") } },
  } satisfies EChartsOption["xAxis"];
}

/** The axis at the left; its name is `axisTitle`, above it, where it is read without turning the head. */
export function yAxis(scale: Scale) {
  return {
    ...axisOf(scale, scale.ticks),
    splitLine: { show: true, lineStyle: { color: colour("grid") } },
    axisTick: { show: false, customValues: scale.ticks },
    axisLine: { show: false },
  } satisfies EChartsOption["yAxis"];
}

export function axisTitle(text: string, top = 0) {
  return {
    text: chartText(text),
    left: 0,
    top,
    padding: 0,
    textStyle: { fontSize: FONT_SIZE, fontWeight: "normal", color: colour("soft") },
  } satisfies EChartsOption["title"];
}

function axisOf(scale: Scale, ticks: number[]) {
  return {
    type: scale.log ? ("log" as const) : ("value" as const),
    min: scale.min,
    max: scale.max,
    axisLine: { show: true, onZero: false, lineStyle: { color: colour("axis") } },
    axisLabel: {
      color: colour("soft"),
      fontSize: FONT_SIZE,
      customValues: ticks,
      hideOverlap: false,
      showMinLabel: true,
      showMaxLabel: true,
      formatter: (value: number) => chartText(scale.label(value)),
    },
  };
}

/** Every second or third mark where the words would touch. */
function thinned(scale: Scale, width: number): number[] {
  const widest = Math.max(...scale.ticks.map((tick) => textWidth(scale.label(tick)))) + GAP;
  const every = Math.max(1, Math.ceil((widest * (scale.ticks.length - 1)) / width));
  return scale.ticks.filter((_, i) => i % every === 0);
}
