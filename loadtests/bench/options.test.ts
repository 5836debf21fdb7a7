import { describe, expect, it } from "vitest";
import { BadOptions, HELP, readOptions } from "./options.ts";

describe("the command line of the bench", () => {
  it("measures all paths in seven rounds of a second where nothing is said", () => {
    const { paths, seconds, rounds, json, mongodb, processes } = readOptions([]);
    expect({ mongodb, processes }).toEqual({ mongodb: undefined, processes: 1 });
    expect(readOptions([]).koa).toBe(false);
    expect(readOptions(["--koa"]).koa).toBe(true);
    expect(paths.map(({ name }) => name)).toEqual([
      "discovery",
      "jwks",
      "share-intake",
      "token",
      "notification",
      "propfind-1000",
      "get-1mib",
      "put-1mib",
    ]);
    expect({ seconds, rounds, json }).toEqual({ seconds: 1, rounds: 7, json: undefined });
  });

  it("measures what is named, in that order", () => {
    const { paths } = readOptions(["--only", "token,discovery"]);
    expect(paths.map(({ name }) => name)).toEqual(["token", "discovery"]);
  });

  it("measures large files and thousands of downloads only where that is named", () => {
    expect(readOptions([]).big).toBe(false);
    expect(readOptions(["--only", "big"])).toMatchObject({ paths: [], big: true });
    expect(readOptions(["--only", "big,token"])).toMatchObject({ paths: [{ name: "token" }], big: true });
  });

  it("takes MongoDB by URL, or from the environment, with several processes", () => {
    const { mongodb, processes } = readOptions(["--database", "mongodb://a,b/x?replicaSet=r", "--processes", "4"]);
    expect({ mongodb, processes }).toEqual({ mongodb: "mongodb://a,b/x?replicaSet=r", processes: 4 });
    expect(readOptions(["--database", "mongodb"], { MONGODB_URI: "mongodb://c" }).mongodb).toBe("mongodb://c");
    expect(() => readOptions(["--database", "mongodb"], {})).toThrow(/MONGODB_URI/);
  });

  it("offers the nearest path and the nearest flag", () => {
    expect(() => readOptions(["--only", "tokn"])).toThrow("--only: there is no path “tokn”; did you mean token?");
    expect(() => readOptions(["--only", "propfind"])).toThrow("did you mean propfind-1000?");
    expect(() => readOptions(["--rouds", "3"])).toThrow("There is no flag --rouds; did you mean --rounds?");
    expect(() => readOptions(["token"])).toThrow("“token” is no flag; npm run bench -- --help shows them.");
  });

  it("names every flag, path and exit code in its help", () => {
    expect(readOptions(["--help"]).help).toBe(true);
    expect(readOptions([]).help).toBe(false);
    for (const word of ["--only", "--seconds", "--rounds", "--database", "--processes", "--json", "big", "130"]) {
      expect(HELP).toContain(word);
    }
    for (const { name } of readOptions([]).paths) expect(HELP).toContain(name);
  });

  it.each([
    ["--database", "postgres"],
    ["--database", "sqlite", "--processes", "2"],
    ["--processes", "0"],
    ["--only", "token,,jwks"],
    ["--seconds", "0"],
    ["--seconds", "31"],
    ["--rounds", "1.5"],
    ["--rounds", "many"],
    ["--fast"],
    ["token"],
  ])("is refused with %j", (...args) => {
    expect(() => readOptions(args)).toThrow(BadOptions);
  });
});
