import { z } from "zod";
import { shortened } from "../../testbed/plots/text.ts";

const side = z.object({
  cpuMsPerRequest: z.number(),
  p50: z.number(),
  p99: z.number(),
  rssMiB: z.number(),
  eventLoopP99Ms: z.number(),
});

const pair = z.tuple([z.number(), z.number()]);

const path = z.object({
  ...side.shape,
  ours: z.number(),
  yardstick: z.number(),
  ratio: z.number(),
  cpuRatio: z.number(),
  spread: z.object({ ours: pair, yardstick: pair, ratio: pair }),
  yardstickUse: side,
  rival: z.object({ name: z.string(), requestsPerSecond: z.number(), ratio: z.number() }).optional(),
});

const report = z.object({
  paths: z.record(z.string(), path),
  connections: z.number(),
  seconds: z.number(),
  rounds: z.number(),
  // Reports of before these could differ have none of them.
  yardstick: z.string().default("node:http"),
  database: z.string().default("sqlite"),
  processes: z.number().default(1),
  machine: z.object({
    platform: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    load: z.number(),
  }),
  versions: z.record(z.string(), z.string()),
  commit: z.string().nullable(),
});

/** What the page needs of a report of the bench, of this version or an older one. */
export type BenchReport = z.infer<typeof report>;

/** One path of it. */
export type BenchPathReport = BenchReport["paths"][string];

/** Letters of the name of a place in a file that anybody reads. */
const LONGEST_PLACE = 60;

/** A text that is no report; the message is a few words. */
export class BadReport extends Error {}

/** Reads what `npm run bench -- --json FILE` wrote. @throws BadReport */
export function readBenchReport(text: string): BenchReport {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadReport("it is no JSON");
  }
  const read = report.safeParse(value);
  if (read.success) {
    if (read.data.yardstick !== "node:http")
      throw new BadReport("its yardstick is not the bare one, and neither are its ratios");
    return read.data;
  }
  const place = read.error.issues[0]?.path.join(".") ?? "";
  throw new BadReport(
    place === "" ? "it is no object" : `“${shortened(place, LONGEST_PLACE)}” is missing or not as it should be`,
  );
}
