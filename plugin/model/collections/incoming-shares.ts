import type { IncomingShare, IncomingStatus } from "../../ports/records.ts";
import type { IncomingShares } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { IncomingShareEntity } from "../entities/incoming-share.ts";
import { equal, readPage } from "../page.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";

const LIVE: readonly IncomingStatus[] = ["pending", "accepted"];
const ALL: readonly IncomingStatus[] = [...LIVE, "declined", "ended"];

/** Above this, a count of pending shares is not exact: no limit is that high, and a flood must not make counting slow. */
const COUNT_LIMIT = 10_000;

export function incomingShares(backend: Backend): IncomingShares {
  const table = aggregateTable<IncomingShare>(backend, IncomingShareEntity, "incoming");

  return {
    ...collection(table, "incoming"),
    ofUser: (user, { status, ...page }) =>
      readPage(
        table,
        {
          where: equal({ user }),
          anyOf: { field: "status", values: status === undefined ? ALL : [status] },
          order: NEWEST_FIRST,
        },
        page,
      ),
    countPending: (by) => table.count(equal({ ...by, status: "pending" }), COUNT_LIMIT),
    fromHost: (senderHost, page) =>
      readPage(
        table,
        { where: equal({ senderHost }), anyOf: { field: "status", values: LIVE }, order: NEWEST_FIRST },
        page,
      ),
  };
}
