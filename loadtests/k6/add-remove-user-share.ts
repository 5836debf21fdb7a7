import exec from "k6/execution";
import { FIND_RECEIVED, findReceived } from "./gestures/find-received.ts";
import { SHARE_FILE, shareFile } from "./gestures/share-file.ts";
import { UNSHARE, unshare } from "./gestures/unshare.ts";
import { UPLOAD_FILE, uploadFile } from "./gestures/upload-file.ts";
import { readWorld } from "./shared/data.ts";
import { optionsOf } from "./shared/options.ts";
import { summaryOf } from "./shared/summary.ts";

/** A person shares a file with somebody and takes the share back. The name is that of owncloud/cdperf; here it crosses servers. */
export const options = optionsOf({
  load: { kind: "people", count: 16, smokeCount: 2 },
  endpoints: { [UPLOAD_FILE]: 500, [SHARE_FILE]: 2500, [FIND_RECEIVED]: 500, [UNSHARE]: 500 },
});
export const handleSummary = summaryOf("add-remove-user-share");

const { servers, run } = readWorld();
const [sender, receiver] = servers;

export default async function (): Promise<void> {
  if (sender === undefined || receiver === undefined) return;
  const name = `add-remove-${run}-${exec.vu.idInTest}-${exec.scenario.iterationInTest}.txt`;
  await uploadFile(sender, `/${name}`, "A file that is shared for a moment.\n");
  const { id } = await shareFile(sender, `/${name}`, receiver.address);
  await findReceived(receiver, name);
  await unshare(sender, id);
}
