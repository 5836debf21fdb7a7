import { xml } from "../launcher/junit.ts";
import type { RunReport } from "./report.ts";
import { REQUIREMENTS } from "./requirements.ts";
import type { Result } from "./tally.ts";

/**
 * The checks in the form of JUnit: one suite, a case for each check; a warning is a case with a note. A run that did not come to its end
 * has one more case, with an error.
 */
export function checksJunit({ peer, results, error }: RunReport): string {
  const count = (wanted: Result["status"]) => results.filter(({ status }) => status === wanted).length;
  const time = results.reduce((sum, { ms }) => sum + ms, 0) / 1000;
  const lines = results.map((result) => {
    const { name, status, found, ids, ms } = result;
    const head = `    <testcase classname="${xml(peer)}" name="${xml(`${name} (${ids.join(", ")})`)}" time="${ms / 1000}"`;
    if (status === "skipped") return `${head}><skipped message="${xml(found)}"/></testcase>`;
    if (status === "fail") return `${head}><failure message="${xml(found)}">${sentences(result)}</failure></testcase>`;
    if (status === "warning") return `${head}><system-out>Warning: ${sentences(result)}</system-out></testcase>`;
    return `${head}/>`;
  });
  if (error !== null) {
    lines.push(
      `    <testcase classname="${xml(peer)}" name="the run" time="0"><error message="${xml(error)}"/></testcase>`,
    );
  }
  const counts = `tests="${lines.length}" failures="${count("fail")}" errors="${error === null ? 0 : 1}" skipped="${count("skipped")}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite name="${xml(peer)}" ${counts} time="${time}">`,
    ...lines,
    "  </testsuite>",
    "</testsuites>\n",
  ].join("\n");
}

function sentences({ problems }: Result): string {
  return xml(problems.map(({ id, found }) => `${id}: ${REQUIREMENTS[id].sentence} Found: ${found}.`).join("\n"));
}
