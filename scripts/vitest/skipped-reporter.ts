import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Why whole parts are skipped on a machine that lacks something: by a word in the full name of their tests. */
const REASONS: readonly [word: RegExp, reason: string][] = [
  [/mongodb/i, "MongoDB (give MONGODB_URI, or run: npm run test:mongodb)"],
  [/\b(litmus|rclone|curl)\b/, "litmus, rclone or curl (run: scripts/with-programs.sh npm test)"],
  [/openapi/i, "the draft's OpenAPI document (it is not part of a clone)"],
];

/** Ends a run with one line that says what did not run and why, so that green is not mistaken for complete. */
export class SkippedReporter implements Reporter {
  /** Tests were chosen by name, so all others are skipped on purpose. */
  #chosen = false;

  onInit(vitest: { config: { testNamePattern?: RegExp | undefined } }): void {
    this.#chosen = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#chosen) return;
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    if (skipped.length > 0) console.log(skippedLine(skipped.map(reasonOf)));
  }
}

/** Counts equal reasons: `Skipped 3 tests: 2 × this; 1 × that`. */
export function skippedLine(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} × ${reason}`);
  return `Skipped ${reasons.length} tests: ${parts.join("; ")}`;
}

/** The note that the test gave, a known reason, or the name of the file. */
function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === "skipped" && result.note !== undefined) return result.note;
  return REASONS.find(([word]) => word.test(test.fullName))?.[1] ?? test.module.relativeModuleId;
}
