import { run } from "./programs.test-helper.ts";

/** What one suite of litmus found. */
export interface LitmusReport {
  suite: string;
  run: number;
  passed: number;
  /** `12. name: what was wrong`, as litmus prints it. */
  failures: string[];
  /** `name: what litmus has to say about it`. */
  warnings: string[];
  skipped: string[];
  /** All that it printed. */
  text: string;
}

/** Runs one suite of litmus against a folder, through a proxy that adds the credentials. */
export async function litmus(suite: string, url: string, proxy: string, cwd: string): Promise<LitmusReport> {
  const { stdout, stderr } = await run("litmus", ["--keep-going", `--proxy=${proxy}`, url], {
    env: { TESTS: suite },
    cwd,
  });
  return readReport(suite, stdout + stderr);
}

/**
 * Reads what litmus prints: a line with number, name and dots for each test, rewritten in place when a test warns or fails.
 */
export function readReport(suite: string, text: string): LitmusReport {
  const failures: string[] = [];
  const warnings: string[] = [];
  const skipped: string[] = [];
  let test = "";
  for (const line of text.replaceAll("\r", "\n").split("\n")) {
    test = /^ ?\d+\. (\w+)\.*/.exec(line)?.[1] ?? test;
    const [, warning] = /WARNING: (.*)/.exec(line) ?? [];
    if (warning !== undefined) warnings.push(`${test}: ${warning}`);
    if (/\bFAIL\b/.test(line)) failures.push(line.trim());
    if (/\bSKIPPED\b/.test(line)) skipped.push(line.trim());
  }
  const [, total, passed] = /of (\d+) tests run: (\d+) passed/.exec(text) ?? [];
  return { suite, run: Number(total ?? 0), passed: Number(passed ?? 0), failures, warnings, skipped, text };
}
