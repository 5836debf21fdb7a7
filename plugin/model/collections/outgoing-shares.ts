import type { OutgoingShare, OutgoingStatus } from "../../ports/records.ts";
import type { OutgoingShares } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { OutgoingShareEntity } from "../entities/outgoing-share.ts";
import { equal, readPage } from "../page.ts";
import type { Condition } from "../table.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";

const LIVE: readonly OutgoingStatus[] = ["announcing", "pending", "accepted"];
const ALL: readonly OutgoingStatus[] = [...LIVE, "declined", "rejected", "revoked", "expired"];

export function outgoingShares(backend: Backend): OutgoingShares {
  const table = aggregateTable<OutgoingShare>(backend, OutgoingShareEntity, "outgoing");
  const liveWhere = (where: Condition[]) => table.find({ where, anyOf: { field: "status", values: LIVE } });

  return {
    ...collection(table, "outgoing"),
    async bySecretHash(hash) {
      const [found] = await table.find({ where: equal({ secretHash: hash }), limit: 1 });
      return found;
    },
    ofUser: (user, { live = false, ...page }) =>
      readPage(
        table,
        { where: equal({ user }), anyOf: { field: "status", values: live ? LIVE : ALL }, order: NEWEST_FIRST },
        page,
      ),
    async below(user, path) {
      const prefix = path.endsWith("/") ? path : `${path}/`;
      const [itself, inside] = await Promise.all([
        liveWhere(equal({ user, path })),
        liveWhere([
          ...equal({ user }),
          { field: "path", is: path === prefix ? ">" : ">=", value: prefix },
          // "0" is the character after "/", so the range holds all that begins with the prefix.
          { field: "path", is: "<", value: `${prefix.slice(0, -1)}0` },
        ]),
      ]);
      return [...itself, ...inside];
    },
    toHost: (host, page) =>
      readPage(table, { where: equal({ host }), anyOf: { field: "status", values: LIVE }, order: NEWEST_FIRST }, page),
  };
}
