import { hasStatus, holds } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { dav, etagIn, propfind } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { headerOf } from "./shared/requests.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares } = readWorld();

/**
 * The noise of programs that keep folders in step: each asks again and again whether anything has changed, and nearly always
 * nothing has.
 */
export const options = optionsOf({
  load: { kind: "rate", perSecond: 200, smokePerSecond: 30 },
  endpoints: { "sync-poll": 500, "sync-list": 1000, "sync-get": 500 },
});
export const handleSummary = summaryOf("sync-noise");

/** A folder is read again after so many polls, as programs do that do not trust the entity tag for ever. */
const POLLS_PER_LISTING = 20;
const NAME = "/file-0000.txt";

// What this client remembers. Each virtual user is one.
let folderTag = "";
let fileTag = "";
let polls = 0;

export default async function (): Promise<void> {
  const { folder } = shares;
  if (folder === undefined) return;
  const poll = await propfind("sync-poll", folder, "/", "0");
  hasStatus("a poll", poll, 207);
  const tag = etagIn(poll);
  holds("the folder has an entity tag", tag !== "");
  if (tag === folderTag && ++polls % POLLS_PER_LISTING !== 0) return;
  folderTag = tag;
  hasStatus("a listing", await propfind("sync-list", folder, "/", "1"), 207);
  const headers: Record<string, string> = fileTag === "" ? {} : { "If-None-Match": fileTag };
  const answer = await dav("sync-get", "GET", folder, NAME, null, { headers });
  hasStatus("a conditional GET", answer, fileTag === "" ? 200 : 304);
  if (answer.status === 200) fileTag = headerOf(answer, "Etag");
}
