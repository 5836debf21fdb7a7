import type { LimitOptions, StorageOptions } from "../options.ts";
import { DAY } from "./aggregate.ts";

/** The limits that the use cases apply; times in milliseconds. */
export interface SharingLimits {
  pendingPerSender: number;
  pendingPerRecipient: number;
  openInvites: number;
  inviteGuesses: number;
  tokenGuesses: number;
  /** How long ended records are kept. */
  retention: number;
  /** How long an invite can be accepted. */
  inviteLifetime: number;
}

/** The operator's limits, with the documented defaults. */
export function sharingLimits(limits: LimitOptions = {}, storage: StorageOptions = {}): SharingLimits {
  return {
    pendingPerSender: limits.pendingPerSender ?? 100,
    pendingPerRecipient: limits.pendingPerRecipient ?? 1000,
    openInvites: limits.openInvites ?? 100,
    inviteGuesses: limits.inviteGuesses ?? 30,
    tokenGuesses: limits.tokenGuesses ?? 60,
    retention: (storage.retentionDays ?? 90) * DAY,
    inviteLifetime: (storage.inviteDays ?? 30) * DAY,
  };
}
