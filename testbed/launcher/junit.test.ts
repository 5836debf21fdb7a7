import { XMLParser } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { junit } from "./junit.ts";

const parse = (text: string) =>
  new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    htmlEntities: true,
    isArray: (name) => /^test(suite|case)$/.test(name),
  }).parse(text).testsuites.testsuite;

describe("The JUnit report", () => {
  const steps = [{ name: "one", ok: true, ms: 1500 }];

  it("has a suite for each run and a case for each step, whatever a message is made of", () => {
    const error = 'It said: <"no" & nothing>\n\u0000';
    const failed = [...steps, { name: "two", ok: false, ms: 2, error }];
    const [good, bad] = parse(
      junit([
        { name: "unshare", steps, ms: 1500, error: null },
        { name: "decline under loss", steps: failed, ms: 1502, error: `two: ${error}` },
      ]),
    );
    expect(good).toMatchObject({ name: "unshare", tests: "1", failures: "0", time: "1.5" });
    expect(bad).toMatchObject({ name: "decline under loss", tests: "2", failures: "1" });
    expect(bad.testcase[1]).toMatchObject({ name: "two", failure: { message: 'It said: <"no" & nothing>\n' } });
  });

  it("shows what went wrong between two steps", () => {
    const [suite] = parse(junit([{ name: "unshare", steps, ms: 1, error: "alpha ended unasked" }]));
    expect(suite).toMatchObject({ tests: "2", failures: "1" });
    expect(suite.testcase[1]).toMatchObject({ name: "the run", failure: { message: "alpha ended unasked" } });
  });
});
