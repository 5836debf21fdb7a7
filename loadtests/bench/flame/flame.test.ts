import { describe, expect, it } from "vitest";
import { drawFlame } from "./flame.ts";
import { framesOf, ownersOf } from "./frames.ts";
import type { CpuProfile } from "./profile.ts";

/** [name, url, children by number]; the number of a node is its place, from 1. */
const NODES: readonly [name: string, url: string, children: number[]][] = [
  ["(root)", "", [2, 8, 9]],
  ["tick", "node:internal/process", [3, 4, 5]],
  ["verify", "file:///x/plugin/signing/verifier.ts", []],
  ["verify", "file:///x/plugin/signing/other.ts", [6]],
  ["respond", "file:///x/node_modules/koa/lib/application.js", []],
  ["<b>", "file:///x/node_modules/@koa/router/dist/index.mjs", []],
  ["run", "", []],
  ["(idle)", "", []],
  ["beginProfile", "file:///x/loadtests/bench/flame/profile.ts", [7]],
];
const profile: CpuProfile = {
  nodes: NODES.map(([functionName, url, children], at) => ({
    id: at + 1,
    callFrame: { functionName, url, scriptId: "0", lineNumber: at, columnNumber: 0 },
    children,
  })),
  startTime: 0,
  endTime: 1000,
  samples: [3, 4, 6, 5, 2, 8, 7, 3],
  timeDeltas: [100, 50, 20, 30, 10, 5000, 7000, 90],
};

describe("a flame graph", () => {
  const root = framesOf(profile);

  it("puts calls of one function from one place together, the longest first, and leaves waiting and the profiler out", () => {
    expect(root.total).toBe(300);
    expect(root.children.map(({ name, total, self }) => [name, total, self])).toEqual([["tick", 300, 10]]);
    expect(root.children[0]?.children.map(({ name, owner, total, self }) => [name, owner, total, self])).toEqual([
      ["verify", "signing", 260, 240],
      ["respond", "koa", 30, 30],
    ]);
  });

  it("says who spent the time itself", () => {
    expect(ownersOf(root).map(([owner, part]) => [owner, Math.round(part * 300)])).toEqual([
      ["signing", 240],
      ["koa", 30],
      ["@koa/router", 20],
      ["node", 10],
    ]);
  });

  it("is drawn to scale, with names that are only text", () => {
    const drawing = drawFlame("token", profile);
    expect(drawing).toContain("Itself: signing 80 %, koa 10 %, @koa/router 7 %, node 3 %");
    expect(drawing).toContain("<title>&lt;b&gt; (@koa/router): 0 ms, itself 0 ms</title>");
    const widths = [...drawing.matchAll(/<title>(\w+) \((\w+)\)[^<]*<\/title><rect [^>]*width="([\d.]+)"/g)];
    expect(widths.map(([, name, , width]) => [name, Math.round(Number(width))])).toEqual([
      ["all", 1180],
      ["tick", 1180],
      ["verify", 1022],
      ["respond", 118],
    ]);
  });
});
