import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { SkippedReporter } from "./vitest/skipped-reporter.ts";

/** Where the counts are written for `.ci/run`; without it nothing is. */
const report = process.env.OCM_TEST_REPORT;

export default defineConfig({
  test: {
    root: fileURLToPath(new URL("..", import.meta.url)),
    include: ["{plugin,testbed,loadtests,scripts,docs}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.tmp/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    allowOnly: false,
    reporters:
      report === undefined
        ? ["default", new SkippedReporter()]
        : ["default", new SkippedReporter(), ["json", { outputFile: report }]],
  },
});
