import { describe, expect, it } from "vitest";
import { lacksBrowser, look } from "../../testbed/plots/browser.test-helper.ts";
import { checkMarkup, HOSTILE } from "../../testbed/plots/markup.test-helper.ts";
import { generatedHistory } from "./generated-history.test-helper.ts";
import { inOrder } from "./order.ts";
import { renderBenchPage } from "./page.ts";
import { BadReport, type BenchReport, readBenchReport } from "./read-report.ts";

const LONG = 180_000;
const MIB = 2 ** 20;
const missing = lacksBrowser();

function wordsOf(page: string): string {
  return checkMarkup(page).texts.join(" ").replaceAll(/\s+/g, " ");
}

function first(): BenchReport {
  const [report] = generatedHistory(1);
  if (report === undefined) throw new Error("there is one");
  return report;
}

describe("the page of the bench", () => {
  it.each([1, 2, 60, 100])(
    "is well-formed and small for %i reports, with the same bytes each time",
    { timeout: LONG },
    (runs) => {
      const page = renderBenchPage(generatedHistory(runs));
      checkMarkup(page);
      expect(Buffer.byteLength(page)).toBeLessThan(2 * MIB);
      if (runs === 2) expect(renderBenchPage(generatedHistory(runs))).toBe(page);
    },
  );

  it("counts the aims that are reached, and says which are missed", () => {
    const report = first();
    const paths = Object.fromEntries(
      Object.entries(report.paths).map(([name, path]) => {
        const ratio = name === "token" ? 0.7 : 0.69;
        return [name, { ...path, ratio, spread: { ...path.spread, ratio: [ratio, ratio] as [number, number] } }];
      }),
    );
    const words = wordsOf(renderBenchPage([{ ...report, paths }]));
    expect(words).toContain("koa-ocm bench: 1 of 8 aims reached");
    expect(words).toMatch(/0\.7\s+reached/);
    expect(words.match(/missed/g)).toHaveLength(7);
  });

  it("judges by CPU time where the rates are far apart, and says where that is not certain either", () => {
    const report = first();
    const wide: [number, number] = [0.3, 0.9];
    const cpu: Record<string, number> = { token: 0.75, jwks: 0.6, discovery: 0.81 };
    const paths = Object.fromEntries(
      Object.entries(report.paths)
        .filter(([name]) => name in cpu)
        .map(([name, path]) => [
          name,
          { ...path, ratio: 0.65, cpuRatio: cpu[name] ?? 0, spread: { ...path.spread, ratio: wide } },
        ]),
    );
    const words = wordsOf(renderBenchPage([{ ...report, paths }]));
    expect(words).toContain("koa-ocm bench: 1 of 3 aims reached, 1 not certain");
    expect(words).toMatch(/0\.7 reached .*by CPU time/s);
    for (const verdict of ["reached", "missed", "not certain"])
      expect(words).toContain(`0.${verdict === "reached" ? 7 : 8} ${verdict}`);
  });

  it("has no history of a single report, nor of one from another machine", () => {
    expect(wordsOf(renderBenchPage(generatedHistory(1)))).toContain("A history needs two reports");
    const [older, newer] = generatedHistory(2);
    if (older === undefined || newer === undefined) throw new Error("there are two");
    const words = wordsOf(renderBenchPage([{ ...older, machine: { ...older.machine, cpu: "another" } }, newer]));
    expect(words).toContain("A history needs two reports");
    expect(words).toContain("no: another machine or set-up");
  });

  it("has a gap where an older report does not know a path", { timeout: LONG }, () => {
    const [older, newer] = generatedHistory(2);
    if (older === undefined || newer === undefined) throw new Error("there are two");
    const { notification: _, ...paths } = older.paths;
    expect(wordsOf(renderBenchPage([{ ...older, paths }, newer]))).toContain("notification");
  });

  it("says so where there is nothing", () => {
    expect(wordsOf(renderBenchPage([]))).toContain("There is no report.");
    expect(wordsOf(renderBenchPage([{ ...first(), paths: {} }]))).toContain("This run measured no path.");
  });

  it("keeps hostile texts as text", { timeout: LONG }, () => {
    const report = first();
    const path = Object.values(report.paths)[0];
    if (path === undefined) throw new Error("there is one");
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const text of HOSTILE) {
      const paths = Object.fromEntries([[text, path]]);
      const hostile = {
        ...report,
        paths,
        commit: text,
        machine: { ...report.machine, cpu: text },
        versions: { [text]: text },
      };
      checkMarkup(renderBenchPage([hostile, hostile]));
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  describe.skipIf(missing !== false)(`in a browser${missing === false ? "" : ` (skipped: ${missing})`}`, () => {
    it.each([1300, 390])(
      "shows every plot at %i px, and no word covers another one",
      { timeout: LONG },
      async (width) => {
        const seen = await look(renderBenchPage(generatedHistory(12)), { width, dark: width === 390 });
        const { console, drawings, tooWide, cut, covered } = seen;
        expect({ console, drawings, tooWide, cut, covered }).toEqual({
          console: [],
          drawings: 5 + 8 * 6,
          tooWide: 0,
          cut: [],
          covered: [],
        });
        expect(Object.keys(seen.shown)).toEqual(
          expect.arrayContaining(["ratio", "latency", "cpu", "memory", "loop", "history", "h7-loop"]),
        );
      },
    );
  });
});

describe("the order of reports", () => {
  const named = (commit: string): BenchReport => ({ ...first(), commit });
  const times: Record<string, number> = { aaaaaaa: 300, bbbbbbb: 100, ccccccc: 200 };
  const timeOf = async (commit: string) => times[commit] ?? null;
  const commits = (reports: BenchReport[]) => reports.map(({ commit }) => commit);

  it("is that of their commits, with changed files after the commit itself", async () => {
    const given = ["aaaaaaa", "ccccccc+", "bbbbbbb", "ccccccc"].map(named);
    expect(commits(await inOrder(given, timeOf))).toEqual(["bbbbbbb", "ccccccc", "ccccccc+", "aaaaaaa"]);
  });

  it("is the given one where a commit is not known", async () => {
    const given = ["aaaaaaa", "ddddddd", "bbbbbbb"].map(named);
    expect(commits(await inOrder(given, timeOf))).toEqual(["aaaaaaa", "ddddddd", "bbbbbbb"]);
  });
});

describe("a report of the bench", () => {
  it("is read as it was written, and older ones, which lack some of it, too", () => {
    const { yardstick: _, database: __, processes: ___, ...older } = first();
    expect(readBenchReport(JSON.stringify({ ...older, more: 1 }))).toEqual(first());
  });

  it.each([
    ["nothing", "", "it is no JSON"],
    ["a list", "[]", "it is no object"],
    ["another object", "{}", "“paths” is missing or not as it should be"],
    ["one against Koa", JSON.stringify({ ...first(), yardstick: "koa" }), "its yardstick is not the bare one"],
    ["one without a number", JSON.stringify({ ...first(), connections: null }), "“connections” is missing"],
  ])("is refused with one line: %s", (_, text, message) => {
    expect(() => readBenchReport(text)).toThrow(BadReport);
    expect(() => readBenchReport(text)).toThrow(message);
  });
});
