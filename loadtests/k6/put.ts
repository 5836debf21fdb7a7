import exec from "k6/execution";
import { hasStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { dav } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares, size } = readWorld();
const mebibytes = size / 2 ** 20;

/** A file of 1 KiB, 1 MiB or 1 GiB is written into a shared folder, over one of few, as programs do that save again. */
export const options = optionsOf({
  load: { kind: "people", count: mebibytes > 100 ? 1 : 16, smokeCount: 2 },
  endpoints: { put: 500 + mebibytes * 100 },
});
export const handleSummary = summaryOf("put");

// Once for each virtual user: k6 sends bodies from memory.
const content = new Uint8Array(size).fill(7).buffer;

export default async function (): Promise<void> {
  if (shares.writable === undefined) return;
  const name = `/upload-${exec.vu.idInTest}.bin`;
  const answer = await dav("put", "PUT", shares.writable, name, content, {
    headers: { "Content-Type": "application/octet-stream" },
    timeout: "300s",
  });
  hasStatus("PUT", answer, 201, 204);
}
