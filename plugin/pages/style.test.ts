import { describe, expect, it } from "vitest";
import { STYLE } from "./style.ts";

const css = STYLE.toString();
const [light, dark] = css.split("@media (prefers-color-scheme: dark)").map(colours);

function colours(part: string): Map<string, string> {
  return new Map([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = "", value = ""]) => [name, value]));
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(scheme: Map<string, string> | undefined, one: string, other: string): number {
  const [low = 0, high = 0] = [one, other].map((name) => luminance(scheme?.get(name) ?? "")).toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ["light", light],
  ["dark", dark],
])("the %s colours", (_, scheme) => {
  it.each([
    ["text", "card"],
    ["muted", "card"],
    ["muted", "page"],
    ["good", "card"],
    ["bad", "card"],
    ["action", "card"],
    ["on-action", "action"],
  ])("show %s on %s with a contrast of at least 4.5", (one, other) => {
    expect(contrast(scheme, one, other)).toBeGreaterThanOrEqual(4.5);
  });

  it("show the edge of a field with a contrast of at least 3", () => {
    expect(contrast(scheme, "line", "card")).toBeGreaterThanOrEqual(3);
  });
});

describe("the style sheet", () => {
  it("loads nothing and cannot end its element", () => {
    expect(css).not.toMatch(/url\(|@import|<\//);
  });

  it("sets no width that a screen of 320 pixels lacks", () => {
    const fixed = [...css.matchAll(/(?<!max-)(?:min-)?width:\s*([^;}]+)/g)].map(([, value]) => value);
    expect(fixed).toEqual(["100%"]);
  });
});
