import type { StepResult } from "../scenarios/steps.ts";

/** One run of a scenario, as a test report names it. */
export interface ReportedRun {
  name: string;
  steps: StepResult[];
  ms: number;
  /** What went wrong, also between two steps; null: nothing. */
  error: string | null;
}

/** A report in the form of JUnit: a suite for each run, a case for each step. */
export function junit(runs: ReportedRun[]): string {
  const suites = runs.map(({ name, steps, ms, error }) => {
    const cases: StepResult[] = [...steps];
    if (error !== null && steps.every(({ ok }) => ok)) cases.push({ name: "the run", ok: false, ms: 0, error });
    const failures = cases.filter(({ ok }) => !ok).length;
    const lines = cases.map((one) => {
      const head = `    <testcase classname="${xml(name)}" name="${xml(one.name)}" time="${one.ms / 1000}"`;
      return one.ok ? `${head}/>` : `${head}><failure message="${xml(one.error ?? "")}"/></testcase>`;
    });
    const attributes = `name="${xml(name)}" tests="${cases.length}" failures="${failures}" time="${ms / 1000}"`;
    return [`  <testsuite ${attributes}>`, ...lines, "  </testsuite>"].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

/** Text for an attribute; what XML cannot hold is left out. */
export function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
