import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUsableName } from "../dav/share-path.ts";
import { mountedNames, type NamedShare } from "./mounted-names.ts";

function share(changes: Partial<NamedShare>): NamedShare {
  return { id: "1", name: "Photos", owner: "alice@a.example", resourceType: "folder", createdAt: 0, ...changes };
}

/** The names in the order of the shares. */
function namesOf(...shares: Partial<NamedShare>[]): (string | undefined)[] {
  const whole = shares.map((changes, index) => share({ id: `${index}`, createdAt: index, ...changes }));
  const names = mountedNames(whole);
  return whole.map(({ id }) => names.get(id));
}

describe("the names of received shares in the tree", () => {
  it("are the shares' own where they are free", () => {
    expect(namesOf({ name: "Photos" }, { name: "100 % Büro & mehr" })).toEqual(["Photos", "100 % Büro & mehr"]);
  });

  it("have the owner's address, then a number, where they are taken", () => {
    expect(namesOf({}, { owner: "bob@b.example" }, {}, {}, { owner: "bob@b.example" })).toEqual([
      "Photos",
      "Photos (bob@b.example)",
      "Photos (alice@a.example)",
      "Photos (alice@a.example) (2)",
      "Photos (bob@b.example) (2)",
    ]);
  });

  it("keep the extension of a file at the end, and take nothing of a folder for one", () => {
    const file = { name: "plan.v1.txt", resourceType: "file" };
    expect(namesOf(file, file, file)).toEqual([
      "plan.v1.txt",
      "plan.v1 (alice@a.example).txt",
      "plan.v1 (alice@a.example) (2).txt",
    ]);
    expect(namesOf({ name: "v1.0" }, { name: "v1.0" })[1]).toBe("v1.0 (alice@a.example)");
    const hidden = { name: ".profile", resourceType: "file" };
    expect(namesOf(hidden, hidden)[1]).toBe(".profile (alice@a.example)");
  });

  it("stay with who came first, whatever the order in which they are listed", () => {
    const shares = [
      share({ id: "b", createdAt: 5 }),
      share({ id: "a", createdAt: 5 }),
      share({ id: "c", createdAt: 1 }),
    ];
    const expected = { c: "Photos", a: "Photos (alice@a.example)", b: "Photos (alice@a.example) (2)" };
    expect(Object.fromEntries(mountedNames(shares))).toEqual(expected);
    expect(Object.fromEntries(mountedNames(shares.toReversed()))).toEqual(expected);
  });

  it("differ in more than case and the form of accents", () => {
    expect(namesOf({ name: "Zo\u00eb" }, { name: "zoe\u0308" })[1]).toBe("zoe\u0308 (alice@a.example)");
  });

  it("are none of a name that somebody has already by its form", () => {
    expect(namesOf({}, { name: "Photos (alice@a.example)" }, {})[2]).toBe("Photos (alice@a.example) (2)");
  });

  it.each(["", ".", "..", " ", "\ud800", "a/b", "../../etc/passwd", "a\\b", "a\0b\n", "\u202egpj.exe"])(
    "can be addressed, although a share is named %j",
    (name) => {
      const [given = "", second = ""] = namesOf({ name }, { name, owner: "a/b@evil.example" });
      for (const each of [given, second]) {
        expect(isUsableName(each)).toBe(true);
        expect(each.isWellFormed()).toBe(true);
        expect(each).not.toMatch(/\p{Bidi_Control}/u);
      }
    },
  );

  it("are unique and usable for any shares", () => {
    const name = fc.oneof(fc.constantFrom("a", "A", "a (x@y)", "a.txt", "..", "/"), fc.string({ unit: "binary" }));
    const any = fc.record({
      name,
      owner: fc.constantFrom("x@y", "x@z"),
      resourceType: fc.constantFrom("file", "folder"),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (shares) => {
        const names = namesOf(...shares);
        const folded = names.map((given) => (given ?? "").normalize("NFC").toLowerCase());
        expect(new Set(folded).size).toBe(shares.length);
        for (const given of names) expect(isUsableName(given ?? "")).toBe(true);
      }),
    );
  });

  it("are found in time that grows as the shares do, also where thousands have the same name", () => {
    const time = (count: number) => {
      const shares = Array.from({ length: count }, (_, index) => ({
        id: `id-${index}`,
        name: "Documents",
        owner: "alice@a.example",
        resourceType: "folder",
        createdAt: index,
      }));
      const begun = performance.now();
      expect(new Set(mountedNames(shares).values()).size).toBe(count);
      return performance.now() - begun;
    };
    time(500);
    expect(time(20_000)).toBeLessThan(2_000);
  });
});
