import { describe, expect, it } from "vitest";
import { copyTurns } from "./copy-turns.ts";

describe("copies", () => {
  it("run four at a time for each who asks, in the order in which they came, also after one that failed", async () => {
    const turns = copyTurns();
    const begun: string[] = [];
    const ends = new Map<string, PromiseWithResolvers<void>>();
    const start = (who: string, name: string) =>
      turns.inTurn(who, async () => {
        begun.push(name);
        const end = Promise.withResolvers<void>();
        ends.set(name, end);
        await end.promise;
        return name;
      });
    const all = ["a", "b", "c", "d", "e", "f"].map((name) => start("ann", name));
    const other = start("bob", "x");
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    await settled();
    expect(begun).toEqual(["a", "b", "c", "d", "x"]);
    ends.get("c")?.reject(new Error("no space"));
    await expect(all[2]).rejects.toThrow("no space");
    await settled();
    expect(begun).toEqual(["a", "b", "c", "d", "x", "e"]);
    for (const name of ["a", "b", "d", "e", "x"]) ends.get(name)?.resolve();
    await settled();
    ends.get("f")?.resolve();
    const [a, b, , d, e, f] = all;
    expect(await Promise.all([a, b, d, e, f, other])).toEqual(["a", "b", "d", "e", "f", "x"]);
    const again = start("ann", "g");
    ends.get("g")?.resolve();
    expect(await again).toBe("g");
  });
});
