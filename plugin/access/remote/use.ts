import type { IncomingShare } from "../../ports/records.ts";
import type { PeerProfile } from "../../protocol/profile.ts";

/** One use of a received share by its user. */
export interface Use {
  share: IncomingShare;
  /** The sender's; a newer one once its address has been found to have moved. */
  profile: PeerProfile;
  requestId: string;
  signal: AbortSignal | undefined;
}
