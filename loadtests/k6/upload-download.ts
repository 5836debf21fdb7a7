import exec from "k6/execution";
import { hasStatus, holds, needStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { dav } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares, run } = readWorld();

/** A new file is written into a shared folder, read again and removed. The name is that of owncloud/cdperf. */
export const options = optionsOf({
  load: { kind: "people", count: 16, smokeCount: 2 },
  endpoints: { upload: 600, download: 500, remove: 500 },
});
export const handleSummary = summaryOf("upload-download");

const SIZES = [1000, 25000, 100000];

export default async function (): Promise<void> {
  if (shares.writable === undefined) return;
  const { idInTest, iterationInScenario } = exec.vu;
  const name = `/${run}-${idInTest}-${exec.scenario.iterationInTest}.txt`;
  const content = "x".repeat(SIZES[iterationInScenario % SIZES.length] ?? 0);
  needStatus("uploading", await dav("upload", "PUT", shares.writable, name, content), 201);
  const answer = await dav("download", "GET", shares.writable, name);
  hasStatus("downloading", answer, 200);
  holds("what was uploaded comes back", answer.body === content);
  hasStatus("removing", await dav("remove", "DELETE", shares.writable, name), 204);
}
