import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMarkup, HOSTILE } from "../../plots/markup.test-helper.ts";
import type { SimulationReport } from "../report.ts";
import { brokenReport, emptyReport, generatedReport, MEASURED, type Shape } from "./generated-report.test-helper.ts";
import { renderPage } from "./page.ts";

const LONG = 120_000;
const MIB = 2 ** 20;

/** What people read of a page, without its drawings. */
function wordsOf(page: string): string {
  return checkMarkup(page).texts.join(" ").replaceAll(/\s+/g, " ");
}

/** The same report with another text wherever a report has one that comes from outside. */
function withTexts(report: SimulationReport, text: (i: number) => string): SimulationReport {
  return {
    ...report,
    version: text(0),
    settings: { ...report.settings, topology: text(1), workload: text(2), fault: text(3), seed: text(4) },
    messages: report.messages.map((each, i) => ({ ...each, kind: text(i) })),
    incidents: report.incidents.map((each, i) => ({ ...each, what: text(i) })),
    servers: report.servers.map((each, i) => ({
      ...each,
      name: text(i),
      host: text(i + 1),
      role: text(i + 2),
      group: text(i + 3),
    })),
    links: report.links.map(({ messages, shares }, i) => ({ messages, shares, from: text(i + 1), to: text(i + 2) })),
    invariants: report.invariants.map((each, i) => ({
      ...each,
      holds: false,
      name: text(i),
      broken: [text(i), text(i + 1)],
    })),
  };
}

describe("the page of a simulation", () => {
  it.each([
    [10, "mesh"],
    [10, "federations"],
    [100, "scale-free"],
    [100, "national"],
    [500, "federations"],
    [500, "mesh"],
    [500, "star"],
  ] as [number, Shape][])(
    "is well-formed, small and soon there for %i servers as %s",
    { timeout: LONG },
    (servers, shape) => {
      const report = generatedReport(servers, shape);
      const before = process.cpuUsage();
      const page = renderPage(report, MEASURED);
      const { user } = process.cpuUsage(before);
      checkMarkup(page);
      expect(Buffer.byteLength(page)).toBeLessThan(MIB);
      expect(user / 1e6).toBeLessThan(15);
      expect(renderPage(report, MEASURED)).toBe(page);
    },
  );

  it("says what was simulated and that all is well", () => {
    const words = wordsOf(renderPage(generatedReport(10, "mesh"), null));
    expect(words).toContain("10 servers, 2,000 shares: every invariant holds");
    expect(words).toContain(
      "200 people on 10 servers (topology “mesh”) shared files 2,000 times within 4 h of virtual time, by the workload “steady”, under the fault “partition”.",
    );
    expect(words).toContain("All 4 invariants hold, in 20,000 checks.");
    expect(words).not.toContain("interrupted");
    expect(words).not.toContain("The machine");
  });

  it("names what is broken, with examples", () => {
    const words = wordsOf(renderPage(brokenReport(generatedReport(10, "mesh")), null));
    expect(words).toContain(
      "1 of 4 invariants does not hold: “what was answered with 2xx has its effect on both sides, once”.",
    );
    expect(words).toContain("share 9 of alice@s0.example");
  });

  it("says of an interrupted run that it is one, and draws nothing from nothing", () => {
    const page = renderPage(emptyReport(), null);
    expect(wordsOf(page)).toContain("This run was interrupted.");
    expect(checkMarkup(page).tags.has("svg")).toBe(false);
  });

  it("says how far an interrupted run came, and blames nobody", () => {
    const report = generatedReport(30, "mesh");
    const totals = { ...report.totals, sharesCreated: 429 };
    const page = renderPage({ ...report, totals, complete: false, invariants: [] }, MEASURED);
    const words = wordsOf(page);
    expect(words).toContain("30 servers: interrupted after 429 of 6,000 shares");
    expect(words).not.toMatch(/nothing was checked|same seed/);
    expect(page).toContain('class="verdict open"');
    expect(page).not.toContain('class="verdict broken"');
  });

  it("is the same for the same report but for the section The machine, and says so", () => {
    const report = generatedReport(10, "mesh");
    const [here, there] = [MEASURED, { ...MEASURED, wallMs: 1, rssMiB: 2 }].map((measured) =>
      renderPage(report, measured),
    );
    expect(here).not.toBe(there);
    expect(here?.split('id="measured"')[0]).toBe(there?.split('id="measured"')[0]);
    expect(wordsOf(here ?? "")).toContain("give the same report, but for the section The machine.");
    expect(wordsOf(renderPage(report, null))).toContain("give the same report. ");
  });

  it("explains failed messages and missing shares where there are any", () => {
    const report = generatedReport(10, "mesh");
    const words = wordsOf(renderPage(report, null));
    expect(words).toContain("people also try to read what has ended, and are refused. The others are the fault's.");
    expect(words).not.toContain("not received");
    const totals = { ...report.totals, sharesReceived: report.totals.sharesCreated - 2 };
    expect(wordsOf(renderPage({ ...report, totals }, null))).toContain("2 shares made were not received: ");
    const messages = report.messages.map((each) => ({ ...each, failed: 0 }));
    expect(wordsOf(renderPage({ ...report, messages }, null))).not.toContain("Failed messages");
  });

  it("does not take a run without invariants for a good one", () => {
    const words = wordsOf(renderPage({ ...generatedReport(10, "mesh"), invariants: [] }, null));
    expect(words).toContain("No invariant was checked in this run.");
    expect(words).not.toMatch(/invariants? holds?/);
  });

  it("lists the fifty busiest servers, and the others as one row with their sum", () => {
    const report = generatedReport(100, "star");
    const words = wordsOf(renderPage(report, null));
    const busiest = [...report.servers].sort(
      (one, other) => other.requestsIn + other.requestsOut - one.requestsIn - one.requestsOut,
    );
    const people = busiest.slice(50).reduce((sum, { users }) => sum + users, 0);
    expect(words).toContain(`50 other servers together ${people.toLocaleString("en")} `);
  });

  it("keeps hostile names as text, and leaves the process as it was", { timeout: LONG }, () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const shape of ["mesh", "national"] as const) {
      const page = renderPage(
        withTexts(generatedReport(30, shape), (i) => HOSTILE[i % HOSTILE.length] ?? ""),
        null,
      );
      const { texts } = checkMarkup(page);
      expect(texts.some((text) => text.includes("<script>alert(1)</script>"))).toBe(true);
      expect(Buffer.byteLength(page)).toBeLessThan(MIB);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it("draws a whole plot of whatever a report may hold", { timeout: LONG }, () => {
    const number = fc.nat({ max: 1e9 });
    const maybe = fc.option(number);
    const distribution = fc.record({ count: number, mean: maybe, p50: maybe, p90: maybe, p99: maybe, max: maybe });
    const sample = fc.record({
      at: number,
      backlog: number,
      sharesCreated: number,
      sharesReceived: number,
      sharesEnded: number,
      messages: number,
      failed: number,
    });
    const report = generatedReport(5, "star");
    const link = fc.record({
      from: fc.constantFrom("s000", "s001.example", "nobody"),
      to: fc.constantFrom("s001", "s004.example"),
      messages: number,
      shares: number,
    });
    const parts = fc.record({
      duration: number,
      samples: fc.array(sample, { maxLength: 6 }).map((all) => all.sort((one, other) => one.at - other.at)),
      incidents: fc.array(fc.record({ at: number, what: fc.string() }), { maxLength: 40 }),
      latencies: fc.record({
        shareDelivery: distribution,
        answerDelivery: distribution,
        revocationSpread: distribution,
        accessAfterRevocation: distribution,
      }),
      messages: fc.array(fc.record({ kind: fc.string(), messages: number, bytes: number, failed: number }), {
        maxLength: 30,
      }),
      servers: fc.array(
        fc
          .constantFrom(...report.servers)
          .chain((server) =>
            fc
              .record({ group: fc.option(fc.constantFrom("a", "b")), load: number })
              .map(({ group, load }) => ({ ...server, group, requestsIn: load })),
          ),
        { maxLength: 60 },
      ),
      links: fc.array(link, { maxLength: 10 }),
    });
    fc.assert(
      fc.property(parts, (some) => void checkMarkup(renderPage({ ...report, ...some }, null))),
      { numRuns: 25 },
    );
  });
});
