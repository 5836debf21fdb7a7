import type { HostHooks } from "../ports/host.ts";
import type { AnyAggregate } from "../ports/records.ts";
import { formatAddress } from "../protocol/address.ts";

/** Calls the hook of the host that an outbox entry names. At least once; a throw means that it is called again later. */
export async function runHook(hooks: HostHooks, name: string, record: AnyAggregate): Promise<void> {
  if (record.kind === "incoming" && name === "onShareReceived") {
    await hooks.onShareReceived?.({ share: record.id, user: record.user, sender: record.sender, name: record.name });
  }
  if (record.kind === "incoming" && name === "onShareChanged") {
    await hooks.onShareChanged?.({ share: record.id, user: record.user, status: record.status });
  }
  if (record.kind === "invite" && name === "onInviteAccepted" && record.acceptedBy !== null) {
    const { userID, host } = record.acceptedBy;
    const by = formatAddress({ identifier: userID, host });
    await hooks.onInviteAccepted?.({ invite: record.id, user: record.user, by });
  }
}
