import { describe, expect, it } from "vitest";
import { allPaths } from "../bench/paths/all.ts";
import { generatedHistory } from "./generated-history.test-helper.ts";
import { aimOf } from "./headline.ts";
import { judge } from "./verdict.ts";

function pathOf(ratio: number, cpuRatio: number, spread: [number, number]) {
  const [path] = Object.values(generatedHistory(1)[0]?.paths ?? {});
  if (path === undefined) throw new Error("there is one");
  return { ...path, ratio, cpuRatio, spread: { ...path.spread, ratio: spread } };
}

describe("Whether an aim is reached", () => {
  it("is said of every path of the bench", () => {
    const signed = { "share-intake": 0.7, token: 0.7, notification: 0.7 };
    const files = { "propfind-1000": 0.8, "get-1mib": 0.9, "put-1mib": 0.9 };
    expect(Object.fromEntries(allPaths.map(({ name }) => [name, aimOf(name)]))).toEqual({
      discovery: 0.8,
      jwks: 0.8,
      ...signed,
      ...files,
    });
  });

  it.each([
    { ratio: 0.8, cpu: 0.5, spread: [0.75, 0.85], rounds: 7, word: "reached", by: "rates" },
    { ratio: 0.79, cpu: 0.95, spread: [0.75, 0.85], rounds: 7, word: "missed", by: "rates" },
    { ratio: 0.9, cpu: 0.6, spread: [0.5, 1.2], rounds: 7, word: "missed", by: "CPU time" },
    { ratio: 0.6, cpu: 0.9, spread: [0.5, 1.2], rounds: 7, word: "reached", by: "CPU time" },
    { ratio: 0.6, cpu: 0.81, spread: [0.5, 1.2], rounds: 7, word: "not certain", by: "CPU time" },
    { ratio: 0.9, cpu: 0.78, spread: [0.5, 1.2], rounds: 7, word: "not certain", by: "CPU time" },
    // A single round has no spread, which says nothing.
    { ratio: 0.9, cpu: 0.6, spread: [0.9, 0.9], rounds: 1, word: "missed", by: "CPU time" },
  ] as const)("is $word by $by: $ratio within $spread, $cpu by CPU, $rounds rounds", (each) => {
    const { ratio, cpu, spread, rounds, word, by } = each;
    expect(judge(pathOf(ratio, cpu, [...spread]), 0.8, rounds)).toEqual({ word, by });
  });
});
