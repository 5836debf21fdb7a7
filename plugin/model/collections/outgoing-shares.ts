import type { OutgoingShare, OutgoingStatus } from "../../ports/records.ts";
import type { OutgoingShares } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { OutgoingShareEntity } from "../entities/outgoing-share.ts";
import { equal, readPage } from "../page.ts";
import type { Condition } from "../table.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";
import { within } from "./within.ts";

const LIVE: readonly OutgoingStatus[] = ["announcing", "pending", "accepted"];
const ALL: readonly OutgoingStatus[] = [...LIVE, "declined", "rejected", "revoked", "expired"];

export function outgoingShares(backend: Backend): OutgoingShares {
  const table = aggregateTable<OutgoingShare>(backend, OutgoingShareEntity, "outgoing");
  const liveWhere = (where: Condition[]) => table.find({ where, anyOf: { field: "status", values: LIVE } });

  return {
    ...collection(table, "outgoing"),
    bySecretHash: (hash) => table.first({ secretHash: hash }),
    ofUser: (user, { live = false, ...page }) =>
      readPage(
        table,
        { where: equal({ user }), anyOf: { field: "status", values: live ? LIVE : ALL }, order: NEWEST_FIRST },
        page,
      ),
    async below(user, path) {
      return (await Promise.all(within({ user }, path).map(liveWhere))).flat();
    },
    liveFolders: (page) =>
      readPage(
        table,
        {
          where: [{ field: "resourceType", is: "the word", value: "folder" }],
          anyOf: { field: "status", values: LIVE },
          order: { by: ["id"] },
        },
        page,
      ),
    toHost: (host, page) =>
      readPage(table, { where: equal({ host }), anyOf: { field: "status", values: LIVE }, order: NEWEST_FIRST }, page),
  };
}
