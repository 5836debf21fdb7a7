import { holds, needStatus } from "./shared/checks.ts";
import { readWorld } from "./shared/data.ts";
import { foldersIn, propfind } from "./shared/dav.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

const { shares } = readWorld();

/** A person walks down a shared tree of folders, one of them at each level. The name is that of owncloud/cdperf. */
export const options = optionsOf({
  load: { kind: "people", count: 16, smokeCount: 2 },
  endpoints: { "open-folder": 500 },
});
export const handleSummary = summaryOf("navigate-file-tree");

export default async function (): Promise<void> {
  const { tree } = shares;
  if (tree === undefined) return;
  const [, origin = ""] = /^(https?:\/\/[^/]+)/.exec(tree.url) ?? [];
  let url: string | undefined = `${tree.url}/`;
  let depth = 0;
  while (url !== undefined) {
    const answer = await propfind("open-folder", { ...tree, url }, "", "1");
    needStatus("opening a folder", answer, 207);
    const folders = foldersIn(answer);
    depth += 1;
    const next = folders[Math.floor(Math.random() * folders.length)];
    url = next === undefined || next.startsWith("http") ? next : origin + next;
  }
  holds("the walk reached the bottom", depth === 4);
}
