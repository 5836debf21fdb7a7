import { check } from "k6";
import { hasStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { dav } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { headerOf } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares, size } = readWorld();
const mebibytes = size / 2 ** 20;
const limit = 500 + mebibytes * 50;

/** A file of 1 KiB, 1 MiB or 1 GiB is read, whole and in parts. */
export const options = optionsOf({
  load: { kind: "people", count: mebibytes > 100 ? 2 : 16, smokeCount: 2 },
  endpoints: { "get-whole": limit, "get-range": limit },
});
export const handleSummary = summaryOf("get");

/** Parts for each whole. */
const PARTS = 3;
const LONGEST_PART = 2 ** 20;

export default async function (): Promise<void> {
  if (shares.file === undefined) return;
  // The bytes are counted and dropped: nothing here could hold a gibibyte for each virtual user.
  const more = { responseType: "none", timeout: "300s" } as const;
  const whole = await dav("get-whole", "GET", shares.file, "", null, more);
  hasStatus("GET", whole, 200);
  check(whole, { "the whole file is announced": (answer) => headerOf(answer, "Content-Length") === String(size) });
  for (let part = 0; part < PARTS; part += 1) {
    const length = Math.max(1, Math.min(LONGEST_PART, Math.floor(size / 4)));
    const first = Math.floor(Math.random() * (size - length));
    const headers = { Range: `bytes=${first}-${first + length - 1}` };
    const answer = await dav("get-range", "GET", shares.file, "", null, { ...more, headers });
    hasStatus("GET of a range", answer, 206);
    check(answer, { "the range is announced": (part) => headerOf(part, "Content-Length") === String(length) });
  }
}
