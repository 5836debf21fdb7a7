import { readFile } from "node:fs/promises";
import type { Command } from "../../testbed/launcher/run-command.ts";
import { BadFlags, readWords } from "../../testbed/launcher/words.ts";
import { writeWhole } from "../../testbed/write-file.ts";
import { inOrder, timeByGit } from "./order.ts";
import { BadReport, type BenchReport, readBenchReport } from "./read-report.ts";

const HELP = `Usage: npm run bench:page -- FILE... --html FILE

Makes one page of the reports that npm run bench -- --json FILE wrote: what the last one measured, and how it was before.

  --html FILE   Write the page there.
  --help        Show this.

Exit codes: 0 the page is there, 2 a flag or a file cannot be used, and nothing is written.
`;

/**
 * `npm run bench:page -- FILE... --html FILE`: makes one page of the reports that `npm run bench -- --json` wrote. Exit code 2: the
 * command line or a file cannot be used, and nothing is written.
 */
export const pageCommand: Command = async (words, output, problems) => {
  try {
    const { flags, operands } = readWords(words, { html: { type: "string" }, help: { type: "boolean" } });
    if ("help" in flags) {
      output.write(HELP);
      return 0;
    }
    const { html } = flags;
    if (html === undefined) throw new BadFlags("Give the file for the page, as in --html bench.html.");
    if (operands.length === 0) throw new BadFlags("Give at least one report of npm run bench -- --json FILE.");
    const reports = await Promise.all(operands.map(readReport));
    // It takes a while to load, and a wrong flag is said at once.
    const { renderBenchPage } = await import("./page.ts");
    await writeWhole(html, renderBenchPage(await inOrder(reports, timeByGit)));
    output.write(`${html}: ${reports.length === 1 ? "one report" : `${reports.length} reports`}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof BadFlags)) throw error;
    problems.write(`${error.message}\n`);
    return 2;
  }
};

async function readReport(file: string): Promise<BenchReport> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadFlags(`${file}: it cannot be read.`);
  });
  try {
    return readBenchReport(text);
  } catch (error) {
    if (error instanceof BadReport)
      throw new BadFlags(`${file} is no report of the bench (npm run bench -- --json FILE): ${error.message}.`);
    throw error;
  }
}
