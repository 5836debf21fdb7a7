import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadFlags, named, nearest, readWords } from "./words.ts";

const WORKLOADS = ["steady", "semester-start", "viral-share", "mass-revocation", "spammer"];

describe("A name that is not there", () => {
  it.each([
    ["viral", "did you mean viral-share?"],
    ["share", "did you mean viral-share?"],
    ["Revocation", "did you mean mass-revocation?"],
    ["stedy", "did you mean steady?"],
    ["s", "did you mean steady?"],
    ["spamer", "did you mean spammer?"],
  ])("is answered with the one that %s is probably meant for", (written, offer) => {
    expect(() => named("workload", written, WORKLOADS)).toThrow(
      new BadFlags(`There is no workload ${written}; ${offer}`),
    );
  });

  it.each(["xyzzy", "ti", "42"])("is answered with all of them where none is like %s", (written) => {
    expect(() => named("workload", written, WORKLOADS)).toThrow(
      new BadFlags(`There is no workload ${written}; there are ${WORKLOADS.join(", ")}.`),
    );
  });

  it("is answered with the flags there are, as they are written", () => {
    const options = { html: { type: "string" }, json: { type: "string" } } as const;
    expect(() => readWords(["--quick"], options)).toThrow(
      new BadFlags("There is no flag --quick; there are --html, --json."),
    );
    expect(() => readWords(["--htm", "x"], options)).toThrow(
      new BadFlags("There is no flag --htm; did you mean --html?"),
    );
    expect(() => readWords(["--quick"], { html: { type: "string" } })).toThrow(
      new BadFlags("There is no flag --quick; there is only --html."),
    );
  });

  it("has a nearest one all the same, for whatever is written", () => {
    fc.assert(fc.property(fc.string(), (written) => WORKLOADS.includes(nearest(written, WORKLOADS))));
  });

  it("is never offered for a name that is there", () => {
    for (const name of WORKLOADS) expect(named("workload", name, WORKLOADS)).toBe(name);
  });
});
