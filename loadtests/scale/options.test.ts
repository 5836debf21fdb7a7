import { describe, expect, it } from "vitest";
import { HELP, readOptions } from "./options.ts";

describe("the command line of the scale curves", () => {
  it("measures all sizes of a curve in five rounds of two seconds where nothing else is said", () => {
    const { curves, ...rest } = readOptions(["stored-shares"], {});
    expect(curves.map(({ curve, sizes }) => [curve.name, sizes])).toEqual([
      ["stored-shares", [1e3, 1e4, 1e5, 1e6, 1e7]],
    ]);
    expect(rest).toEqual({ seconds: 2, rounds: 5, help: false });
  });

  it("leaves out sizes beyond the largest that is wanted, of each curve", () => {
    const { curves } = readOptions(["downloads,folder-size", "--to", "999", "--rounds", "1", "--seconds", "30"], {});
    expect(curves.map(({ curve, sizes }) => [curve.name, sizes])).toEqual([
      ["folder-size", [10, 100]],
      ["downloads", [1, 10, 100]],
    ]);
  });

  it("needs MongoDB for the processes alone", () => {
    expect(() => readOptions(["downloads,processes"], {})).toThrow(
      "processes: set MONGODB_URI to the URL of a MongoDB server.",
    );
    expect(readOptions(["processes"], { MONGODB_URI: "mongodb://c" }).mongodb).toBe("mongodb://c");
  });

  it.each([
    [[], "Name at least one curve: stored-shares, known-peers, folder-size, downloads, processes."],
    [["stored"], "There is no curve stored; did you mean stored-shares?"],
    [["known-peers,folders"], "There is no curve folders; did you mean folder-size?"],
    [["downloads", "--too", "5"], "There is no flag --too; did you mean --to?"],
    [["stored-shares", "--to", "999"], "--to 999: the smallest size of stored-shares is 1,000."],
    [["downloads", "--to", "0"], '--to: give a whole number from 1 to 9007199254740991, not "0".'],
    [["downloads", "--seconds", "31"], '--seconds: give a whole number from 1 to 30, not "31".'],
    [["downloads", "--rounds", "1.5"], '--rounds: give a whole number from 1 to 1000, not "1.5".'],
    [["downloads", "--json"], "--json needs a value."],
  ])("says in one sentence what is wrong with %j", (words, sentence) => {
    expect(() => readOptions(words, {})).toThrow(sentence);
  });

  it("names every curve and its sizes in the help, and measures nothing then", () => {
    expect(readOptions(["--help"], {})).toMatchObject({ curves: [], help: true });
    expect(HELP).toMatch(/^ {2}known-peers +signed intake.*\n +10, 100, 1,000, 10,000, 100,000$/m);
  });
});
