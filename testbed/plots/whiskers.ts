import type { CustomSeriesOption } from "echarts";
import type { Line } from "./lines.ts";
import type { Scale } from "./scale.ts";

const HALF_CAP = 4;

/** From the least to the greatest at each point that has both; null where none has. */
export function whiskers({ points, colour }: Line, { min, max }: Scale): CustomSeriesOption | null {
  const data = points.flatMap(({ x, y, low, high }) =>
    y === null || low === undefined || high === undefined ? [] : [[x, Math.max(min, low), Math.min(max, high)]],
  );
  if (data.length === 0) return null;
  return {
    type: "custom",
    silent: true,
    data,
    encode: { x: 0, y: [1, 2] },
    renderItem: (_, api) => {
      const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
      const [, high = 0] = api.coord([api.value(0), api.value(2)]);
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: colour, lineWidth: 1.5, opacity: 0.7 },
      });
      return {
        type: "group",
        children: [
          line(x, low, x, high),
          line(x - HALF_CAP, low, x + HALF_CAP, low),
          line(x - HALF_CAP, high, x + HALF_CAP, high),
        ],
      };
    },
  };
}
