import { describe, expect, it } from "vitest";
import { generatedReport } from "./page/generated-report.test-helper.ts";
import type { SimulationReport } from "./report.ts";
import { shortfall } from "./shortfall.ts";

interface Figures {
  asked: number;
  made: number;
  received: number;
  rejected?: number;
  workload?: string;
  fault?: string;
}

function reportOf({
  asked,
  made,
  received,
  rejected = 0,
  workload = "steady",
  fault = "partition",
}: Figures): SimulationReport {
  const report = generatedReport(4, "star");
  return {
    ...report,
    settings: { ...report.settings, shares: asked, workload, fault },
    totals: { ...report.totals, sharesCreated: made, sharesReceived: received, sharesRejected: rejected },
  };
}

describe("Shares that are missing in a good run", () => {
  it("need no word where there are none", () => {
    expect(shortfall(reportOf({ asked: 60, made: 60, received: 60 }))).toEqual([]);
  });

  it("are the forged ones of a key compromise, and no more than those", () => {
    expect(shortfall(reportOf({ asked: 60, made: 52, received: 52, workload: "key-compromise" }))).toEqual([
      "8 shares asked for were forged with stolen keys, and not counted.",
    ]);
    expect(shortfall(reportOf({ asked: 60, made: 51, received: 51, workload: "key-compromise" }))).toEqual([
      "8 shares asked for were forged with stolen keys, and not counted.",
      "1 share asked for could not be made: when the servers could be reached, its time was over or nobody tried any more.",
    ]);
  });

  it("had ended before they were received, or were not let in", () => {
    expect(shortfall(reportOf({ asked: 60, made: 60, received: 58 }))).toEqual([
      "2 shares made were not received: they had ended before their message got through.",
    ]);
    expect(shortfall(reportOf({ asked: 60, made: 60, received: 59, rejected: 1, workload: "spammer" }))).toEqual([
      "1 share made was not received: it had ended before its message got through, or was rejected by the receiver's server, or was kept out by the limits for strangers.",
    ]);
  });

  it("may have come to a server that died, where servers die", () => {
    expect(shortfall(reportOf({ asked: 60, made: 60, received: 59, fault: "crash" }))).toEqual([
      "1 share made was not received: it had ended before its message got through, or came to a server that died before it could tell.",
    ]);
  });

  it("are not explained away where an invariant is broken or the run was interrupted", () => {
    const report = reportOf({ asked: 60, made: 60, received: 58 });
    expect(shortfall({ ...report, complete: false })).toEqual([]);
    const [first, ...rest] = report.invariants;
    if (first === undefined) throw new Error("there is one");
    expect(shortfall({ ...report, invariants: [{ ...first, holds: false }, ...rest] })).toEqual([]);
  });
});
