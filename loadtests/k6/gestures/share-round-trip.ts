import type { Person } from "../shared/world.ts";
import { ACCEPT_INVITE, acceptInvite } from "./accept-invite.ts";
import { ACCEPT_SHARE, acceptShare } from "./accept-share.ts";
import { CREATE_INVITE, createInvite } from "./create-invite.ts";
import { FIND_RECEIVED, findReceived } from "./find-received.ts";
import { READ_SHARED, readShared } from "./read-shared.ts";
import { REMOVE_FILE, removeFile } from "./remove-file.ts";
import { SHARE_FILE, shareFile } from "./share-file.ts";
import { UNSHARE, unshare } from "./unshare.ts";
import { UPLOAD_FILE, uploadFile } from "./upload-file.ts";

/** The life of a share between two people: invite, share, accept, read, unshare. `name` is the file's, and new each time. */
export async function shareRoundTrip(sender: Person, receiver: Person, name: string): Promise<void> {
  const content = `The content of ${name}.\n`;
  await acceptInvite(receiver, await createInvite(sender));
  await uploadFile(sender, `/${name}`, content);
  const { id } = await shareFile(sender, `/${name}`, receiver.address);
  const received = await findReceived(receiver, name);
  await acceptShare(receiver, received);
  await readShared(receiver, received, content);
  await unshare(sender, id);
  await removeFile(sender, `/${name}`);
}

/** Endpoints that it asks, with the milliseconds within which 95 of 100 answers have to come. */
export const ROUND_TRIP_LIMITS = {
  [CREATE_INVITE]: 500,
  [ACCEPT_INVITE]: 2500,
  [UPLOAD_FILE]: 500,
  [SHARE_FILE]: 2500,
  [FIND_RECEIVED]: 500,
  [ACCEPT_SHARE]: 500,
  [READ_SHARED]: 1500,
  [UNSHARE]: 500,
  [REMOVE_FILE]: 500,
};
