import type { CopyJob, CopyStatus } from "../../ports/records.ts";
import type { CopyJobs } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { CopyJobEntity } from "../entities/copy-job.ts";
import { equal, readPage } from "../page.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";

const ALL: readonly CopyStatus[] = ["running", "done", "failed", "cancelled"];

/** Above this, a count of running copies is not exact: no limit is that high. */
const COUNT_LIMIT = 10_000;

export function copyJobs(backend: Backend): CopyJobs {
  const table = aggregateTable<CopyJob>(backend, CopyJobEntity, "copy");

  return {
    ...collection(table, "copy"),
    ofUser: (user, page) =>
      readPage(table, { where: equal({ user }), anyOf: { field: "status", values: ALL }, order: NEWEST_FIRST }, page),
    countRunning: (user) => table.count(equal({ user, status: "running" }), COUNT_LIMIT),
  };
}
