import { describe, expect, it } from "vitest";
import { dictionaryMembers, joinFields, membersLabelled } from "./structured-fields.ts";

const labels = (text: string) => dictionaryMembers(text).map(([label]) => label);

describe("fields", () => {
  it("are joined across lines, whatever the case of their names, and trimmed of HTTP white space only", () => {
    const fields = joinFields(["A", " 1\t", "b", "2", "a", "3", "C", "\u00a04"]);
    expect([...fields]).toEqual([
      ["a", "1, 3"],
      ["b", "2"],
      ["c", "\u00a04"],
    ]);
  });
});

describe("the members of a dictionary", () => {
  it("are all there, repeated labels too", () => {
    expect(labels("a=1, b;x,\ta=(1 2);y=2")).toEqual(["a", "b", "a"]);
  });

  it.each([
    ["in a string", 'a="1, b=2", c=3'],
    ["in a string after an escaped quote", 'a="\\", b=2", c=3'],
    ["in a string after an escaped backslash", 'a="\\\\, b=2", c=3'],
    ["in a parameter", 'a=(1);x=", b=2", c=3'],
    ["in a display string", 'a=%", b=2", c=3'],
    ["in a display string after a backslash, which is no escape there", 'a=%"\\", c="x"'],
  ])("are not cut at a comma %s", (_, text) => {
    expect(labels(text)).toEqual(["a", "c"]);
  });

  it.each(["a=1,", ",a=1", "a=1,,b=2", "a=1 b=2", "A=1", 'a="', "=1"])("are refused in %s", (text) => {
    expect(() => dictionaryMembers(text)).toThrow();
  });

  it("are refused where there are far too many", () => {
    const text = Array.from({ length: 500 }, (_, i) => `label${i}=1`).join(", ");
    expect(labels(text.slice(0, text.lastIndexOf(",", 4096)))).toHaveLength(350);
    expect(() => dictionaryMembers(text)).toThrow("too long");
  });

  it("are found by label, without a look at the others", () => {
    expect(membersLabelled("ocm=1, ocm2=broken=, ocm;x, other=::::", "ocm")).toHaveLength(2);
  });
});
