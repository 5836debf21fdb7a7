import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { entriesIn, propfind } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares, size } = readWorld();

/** A folder of 10, 1,000 or 100,000 files is listed over WebDAV. */
export const options = optionsOf({
  load: { kind: "people", count: size > 10000 ? 2 : 16, smokeCount: 2 },
  endpoints: { propfind: size > 10000 ? 30000 : size > 100 ? 1500 : 500 },
});
export const handleSummary = summaryOf("propfind");

export default async function (): Promise<void> {
  if (shares.folder === undefined) return;
  const answer = await propfind("propfind", shares.folder, "/", "1", { timeout: "120s" });
  hasStatus("PROPFIND", answer, 207);
  holds("the listing is whole", entriesIn(answer) === size + 1);
}
