import type { System } from "../../ports/system.ts";
import type { Row } from "../shape.ts";
import type { MongoCollection } from "./driver.ts";
import { isDuplicate, isUnwritable, toOcmError, unavailable } from "./failures.ts";

interface Pending {
  document: Row;
  resolve(isNew: boolean): void;
  reject(error: Error): void;
}

/** More than this share no message to the server. */
const LARGEST_GROUP = 256;

/**
 * Inserts into one collection. Documents that come while the event loop goes round share one unordered bulk write, which
 * reports on each of them. (It reports no such thing for updates, so those go one by one.)
 */
export function createInserter(collection: MongoCollection, system: System): (document: Row) => Promise<boolean> {
  let queue: Pending[] = [];

  async function drain(): Promise<void> {
    await system.soon();
    const pending = queue;
    queue = [];
    for (let at = 0; at < pending.length; at += LARGEST_GROUP) void insertGroup(pending.slice(at, at + LARGEST_GROUP));
  }

  async function insertGroup(group: Pending[]): Promise<void> {
    try {
      await collection.insertMany(
        group.map(({ document }) => document),
        { ordered: false },
      );
      for (const { resolve } of group) resolve(true);
    } catch (error) {
      if (isUnwritable(error) && group.length > 1) {
        for (const pending of group) void insertGroup([pending]);
      } else {
        settle(group, error);
      }
    }
  }

  return (document) =>
    new Promise((resolve, reject) => {
      queue.push({ document, resolve, reject });
      if (queue.length === 1) void drain();
    });
}

/** Tells each caller what the bulk write's error says about its own document. */
function settle(group: Pending[], error: unknown): void {
  const report = reportOf(error);
  if (report === undefined) {
    for (const { reject } of group) reject(toOcmError(error));
    return;
  }
  group.forEach(({ resolve, reject }, at) => {
    const failure = report.failures.get(at);
    if (failure === undefined && report.isDurable) resolve(true);
    else if (isDuplicate(failure)) resolve(false);
    else reject(failure === undefined ? unavailable(error) : toOcmError(failure));
  });
}

interface BulkReport {
  /** By the place of the document in the group. */
  failures: Map<number, Error>;
  /** Has a majority acknowledged what was written? */
  isDurable: boolean;
}

/** What a MongoBulkWriteError says; undefined for any other error, which is about the whole group. */
function reportOf(error: unknown): BulkReport | undefined {
  if (!(error instanceof Error) || error.name !== "MongoBulkWriteError") return undefined;
  const { writeErrors, result } = error as Error & {
    writeErrors?: BulkFailure | BulkFailure[];
    result?: { getWriteConcernError(): unknown };
  };
  const failures = [writeErrors ?? []]
    .flat()
    .map((failure): [number, Error] => [
      failure.index,
      Object.assign(new Error(failure.errmsg), { code: failure.code }),
    ]);
  return {
    failures: new Map(failures),
    isDurable: result !== undefined && result.getWriteConcernError() === undefined,
  };
}

interface BulkFailure {
  index: number;
  code: number;
  errmsg?: string;
}
