import type { Finding } from "./source.ts";

/** A file of code has one job; a file of tests may list many cases of it. */
const MAXIMUM_LINES = 400;
const MAXIMUM_LINES_OF_TESTS = 800;
const CODE = /^(plugin|testbed|scripts|loadtests)\/.*\.(ts|mts|cts|js|mjs|cjs|css|html|sh|py)$/;

/** Patterns and what they show. They are written so that they do not match themselves. */
const PLACES: readonly [pattern: RegExp, message: string][] = [
  [/(?<![\w.)}\]$-])\/root\/[\w.]/, "names an absolute path of one machine"],
  [/(?<![\w.)}\]$-])\/(?:home|Users)\/[\w.-]+\//, "names a person's home folder"],
  [/^\s*(?:@[\w-]+:)?registry\s*=/, "sets a package registry"],
  [/"resolved":\s*"/, "records a download address: npm's omit-lockfile-registry-resolved leaves it out"],
  [/--(?:registry|index-url|extra-index-url)\b/, "chooses a package registry"],
  [/\/\/[\w.-]*\b(?:registry|pypi|pythonhosted|crates|proxy\.golang)\b[\w.-]*/, "names the host of a package registry"],
];

/** Files that are too long to have one job. */
export function checkLength(file: string, text: string): Finding[] {
  if (!CODE.test(file)) return [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const maximum = file.endsWith(".test.ts") ? MAXIMUM_LINES_OF_TESTS : MAXIMUM_LINES;
  if (lines <= maximum) return [];
  return [{ file, line: maximum + 1, message: `has ${lines} lines, more than ${maximum}: split it` }];
}

/** Files of the plugin that the build would leave behind. */
export function checkKind(file: string): Finding[] {
  if (!file.startsWith("plugin/") || /\.(ts|md)$/.test(file) || file.includes("/fixtures/")) return [];
  return [{ file, line: 1, message: "is no TypeScript: the build carries nothing else" }];
}

/** Paths of one machine and hosts of package registries: they are wrong on every other machine. */
export function checkPlaces(file: string, text: string): Finding[] {
  return text
    .split("\n")
    .flatMap((content, index) =>
      PLACES.filter(([pattern]) => pattern.test(content)).map(([, message]) => ({ file, line: index + 1, message })),
    );
}
