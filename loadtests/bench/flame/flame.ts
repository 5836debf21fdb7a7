import { svg, tenths, word } from "../../../testbed/plots/chart.ts";
import { type ColourName, colour } from "../../../testbed/plots/colours.ts";
import { escaped, shortened } from "../../../testbed/plots/text.ts";
import { type Frame, framesOf, ownersOf } from "./frames.ts";
import type { CpuProfile } from "./profile.ts";

/** All in px. */
const WIDTH = 1200;
const ROW = 18;
const MARGIN = 10;
const TOP = 62;
/** Narrower frames are left out; they are in the width of what called them. */
const NARROWEST = 1;
/** Deeper calls are left out. */
const DEEPEST = 60;
const NAMED_OWNERS = 8;
const LETTER = 7;

/** Who works: the plugin, packages, Node, and what is native. */
const COLOURS: readonly [ColourName, (owner: string) => boolean][] = [
  ["grey", (owner) => owner === "node"],
  ["pink", (owner) => owner === "native"],
  ["orange", (owner) => owner === "koa" || owner.startsWith("koa-") || owner.startsWith("@koa/")],
];
/** Rooms of the plugin; every other owner is a package. */
const ROOMS = new Set([
  "access",
  "deliver",
  "endpoints",
  "hosts",
  "model",
  "peers",
  "ports",
  "protocol",
  "sharing",
  "signing",
  "system",
  "telemetry",
]);

/**
 * A profile as a flame graph that grows downwards: a frame is as wide as the part of the busy time that it took with all that it called.
 * Below the title, who spent the time itself.
 *
 * @returns an SVG document
 */
export function drawFlame(title: string, profile: CpuProfile): string {
  const root = framesOf(profile);
  const owners = ownersOf(root);
  const rows = Math.min(depthOf(root), DEEPEST);
  const size = { width: WIDTH, height: TOP + rows * ROW + MARGIN };
  const named = owners.slice(0, NAMED_OWNERS).map(([owner, part]) => `${owner} ${(part * 100).toFixed(0)} %`);
  const head =
    word(
      `${title}, main thread, ${Math.round(root.total / 1000)} ms busy`,
      MARGIN,
      20,
      `fill="${colour("ink")}" font-weight="bold"`,
    ) + word(`Itself: ${named.join(", ")}`, MARGIN, 42, `fill="${colour("soft")}"`);
  const paper = `<rect width="${WIDTH}" height="${size.height}" fill="${colour("paper")}"/>`;
  return svg(
    size,
    title,
    `${paper}<g font-family="sans-serif">${head}${drawn(root, MARGIN, 0, (WIDTH - 2 * MARGIN) / root.total)}</g>`,
  );
}

function drawn(frame: Frame, x: number, depth: number, scale: number): string {
  const width = frame.total * scale;
  if (width < NARROWEST || depth >= DEEPEST) return "";
  let at = x;
  let inner = "";
  for (const child of frame.children) {
    inner += drawn(child, at, depth + 1, scale);
    at += child.total * scale;
  }
  return box(frame, x, TOP + depth * ROW, width) + inner;
}

function box(frame: Frame, x: number, y: number, width: number): string {
  const { name, owner, total, self } = frame;
  const letters = Math.floor((width - 6) / LETTER);
  const label = letters < 3 ? "" : shortened(`${name} (${owner})`, letters);
  const text = label === "" ? "" : word(label, x + 3, y + ROW / 2, `fill="${colour("paper")}"`);
  const hint = `${name} (${owner}): ${Math.round(total / 1000)} ms, itself ${Math.round(self / 1000)} ms`;
  return (
    `<g><title>${escaped(hint)}</title><rect x="${tenths(x)}" y="${y}" width="${tenths(Math.max(width - 0.5, 0.5))}" ` +
    `height="${ROW - 1}" fill="${colour(colourOf(owner))}"/>${text}</g>`
  );
}

function colourOf(owner: string): ColourName {
  return COLOURS.find(([, is]) => is(owner))?.[0] ?? (ROOMS.has(owner) ? "blue" : "green");
}

function depthOf({ children }: Frame): number {
  return 1 + Math.max(0, ...children.map(depthOf));
}
