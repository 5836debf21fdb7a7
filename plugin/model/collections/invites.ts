import type { Invite, InviteStatus } from "../../ports/records.ts";
import type { Invites } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { InviteEntity } from "../entities/invite.ts";
import { equal, readPage } from "../page.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";

const ALL: readonly InviteStatus[] = ["open", "accepted", "revoked", "expired"];

/** Above this, a count of open invites is not exact: no limit is that high. */
const COUNT_LIMIT = 10_000;

export function invites(backend: Backend): Invites {
  const table = aggregateTable<Invite>(backend, InviteEntity, "invite");

  return {
    ...collection(table, "invite"),
    byTokenHash: (hash) => table.first({ tokenHash: hash }),
    ofUser: (user, page) =>
      readPage(table, { where: equal({ user }), anyOf: { field: "status", values: ALL }, order: NEWEST_FIRST }, page),
    countOpen: (user) => table.count(equal({ user, status: "open" }), COUNT_LIMIT),
  };
}
