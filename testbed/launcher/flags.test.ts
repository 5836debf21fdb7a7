import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFlags } from "./flags.ts";
import { BadFlags } from "./words.ts";

describe("the flags of npm start", () => {
  it("has sensible values where nothing is given", () => {
    expect(readFlags([])).toEqual({ once: false, help: false, nodes: 3, port: 4700 });
  });

  it("takes every flag, with a space or an equals sign", () => {
    const words =
      "--once --nodes 5 --database=mongodb://a,b:27018/?replicaSet=rs0 --data ./d --port=5000 --json out.json";
    expect(readFlags(words.split(" "))).toEqual({
      once: true,
      help: false,
      nodes: 5,
      database: "mongodb://a,b:27018/?replicaSet=rs0",
      data: "./d",
      port: 5000,
      json: "out.json",
    });
  });

  it.each([
    [["--onec"], "There is no flag --onec; did you mean --once?"],
    [["--node", "3"], "There is no flag --node; did you mean --nodes?"],
    [["--databse=x"], "There is no flag --databse; did you mean --database?"],
    [["-n", "3"], /^There is no flag -n; did you mean --\w+\?$/],
    [["--nodes", "1"], "--nodes needs a whole number from 2 to 26."],
    [["--nodes", "27"], "--nodes needs a whole number from 2 to 26."],
    [["--nodes", "3.5"], "--nodes needs a whole number from 2 to 26."],
    [["--port", "65534"], "--port needs a whole number from 1 to 65533."],
    [["--port"], "--port needs a value."],
    [["--json="], "--json needs a value."],
    [["--once=no"], "--once takes no value."],
    [["--database", "postgres://x"], /mongodb:\/\//],
    [["walk"], /“walk” is not understood/],
  ])("refuses %j in one line", (words, message) => {
    expect(() => readFlags(words)).toThrow(BadFlags);
    expect(() => readFlags(words)).toThrow(message);
  });

  it("answers any words with flags or with one line", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--nodes", "--once", "--port", "4", "--", "--no-once", "__proto__"),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        try {
          readFlags(words);
        } catch (error) {
          expect(error).toBeInstanceOf(BadFlags);
        }
      }),
    );
  });
});
