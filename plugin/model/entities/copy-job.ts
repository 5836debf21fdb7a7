import { defineEntity, p } from "@mikro-orm/core";
import type { CopyJob, CopyStatus, Failure } from "../../ports/records.ts";
import { aggregateIndexes, aggregateProperties, type Fields } from "./aggregate.ts";

export const CopyJobEntity = defineEntity({
  name: "CopyJob",
  tableName: "ocm_copy",
  indexes: [
    ...aggregateIndexes("ocm_copy"),
    { name: "ocm_copy_user", properties: ["user", "status", "createdAt", "id"] },
  ],
  properties: {
    ...aggregateProperties(),
    user: p.string(),
    share: p.string(),
    direction: p.string().$type<CopyJob["direction"]>(),
    remotePath: p.string(),
    localPath: p.string(),
    status: p.string().$type<CopyStatus>(),
    reason: p.json<Failure>().nullable(),
    filesDone: p.integer(),
    bytesDone: p.integer(),
    filesTotal: p.integer().nullable(),
    bytesTotal: p.integer().nullable(),
    current: p.json<NonNullable<CopyJob["current"]>>().nullable(),
    after: p.string().nullable(),
    attempts: p.integer(),
    endedAt: p.integer().nullable(),
  } satisfies Fields<CopyJob>,
});
