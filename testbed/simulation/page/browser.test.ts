import { describe, expect, it } from "vitest";
import { lacksBrowser, look } from "../../plots/browser.test-helper.ts";
import { HOSTILE } from "../../plots/markup.test-helper.ts";
import { brokenReport, emptyReport, generatedReport, MEASURED } from "./generated-report.test-helper.ts";
import { renderPage } from "./page.ts";

const LONG = 180_000;
const missing = lacksBrowser();
const sections = [
  "verdict",
  "map",
  "backlog",
  "messages",
  "incidents",
  "shares",
  "latencies",
  "kinds-messages",
  "kinds-bytes",
  "caches",
  "load",
  "servers",
];

describe.skipIf(missing !== false)(`the page in a browser${missing === false ? "" : ` (skipped: ${missing})`}`, () => {
  it.each([
    { servers: 10, shape: "mesh", width: 1300, dark: false },
    { servers: 100, shape: "scale-free", width: 390, dark: true },
    { servers: 500, shape: "national", width: 1300, dark: true },
  ] as const)(
    "shows everything, and no word covers another one: %j",
    { timeout: LONG },
    async ({ servers, shape, width, dark }) => {
      const seen = await look(renderPage(generatedReport(servers, shape), MEASURED), { width, dark });
      expect(seen.console).toEqual([]);
      expect(Object.keys(seen.shown)).toEqual(expect.arrayContaining([...sections, "measured"]));
      expect(seen.shown.verdict).toMatch(/^All 4 invariants hold/);
      expect({ drawings: seen.drawings, tooWide: seen.tooWide, cut: seen.cut, covered: seen.covered }).toEqual({
        drawings: 9,
        tooWide: 0,
        cut: [],
        covered: [],
      });
      expect(seen.ground).toBe(dark ? "rgb(20, 24, 29)" : "rgb(255, 255, 255)");
    },
  );

  it("says first of all that a run was interrupted, and what is broken", { timeout: LONG }, async () => {
    const broken = await look(renderPage({ ...brokenReport(generatedReport(10, "star")), complete: false }, null), {
      width: 800,
    });
    expect(broken.console).toEqual([]);
    expect(broken.shown.interrupted).toMatch(/^This run was interrupted/);
    expect(broken.shown.verdict).toMatch(/^1 of 4 invariants does not hold so far/);
    const empty = await look(renderPage(emptyReport(), null), { width: 390 });
    expect({ console: empty.console, drawings: empty.drawings, tooWide: empty.tooWide }).toEqual({
      console: [],
      drawings: 0,
      tooWide: 0,
    });
  });

  it("stays as it is with hostile names", { timeout: LONG }, async () => {
    const report = generatedReport(10, "national");
    const servers = report.servers.map((server, i) => ({
      ...server,
      name: HOSTILE[i % HOSTILE.length] ?? "",
      group: HOSTILE[(i + 3) % HOSTILE.length] ?? "",
      role: HOSTILE[(i + 1) % HOSTILE.length] ?? "",
    }));
    const incidents = HOSTILE.map((what, i) => ({ at: i * 60_000, what }));
    const seen = await look(renderPage({ ...report, servers, incidents }, null), { width: 390 });
    expect({ console: seen.console, tooWide: seen.tooWide, drawings: seen.drawings, cut: seen.cut }).toEqual({
      console: [],
      tooWide: 0,
      drawings: 9,
      cut: [],
    });
  });
});
