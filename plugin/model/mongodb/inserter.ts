import type { System } from "../../ports/system.ts";
import type { Row } from "../shape.ts";
import type { MongoCollection } from "./driver.ts";
import { isDuplicate, isUnwritable, toOcmError } from "./failures.ts";

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
      const [, ...others] = group;
      if (others.length > 0 && isUnwritable(originalOf(error))) {
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

/** Tells each caller what the error of the bulk write says about its own document. */
function settle(group: Pending[], error: unknown): void {
  const failures = failuresIn(error, group.length);
  if (failures === undefined) {
    const failure = toOcmError(originalOf(error));
    for (const { reject } of group) reject(failure);
    return;
  }
  group.forEach(({ resolve, reject }, at) => {
    const failure = failures.get(at);
    if (failure === undefined) resolve(true);
    else if (isDuplicate(failure)) resolve(false);
    else reject(toOcmError(failure));
  });
}

/** What the driver adds to the error of a bulk write. */
interface BulkError extends Error {
  result: { insertedCount: number; getWriteConcernError(): unknown };
  writeErrors: { index: number; code: number; errmsg?: string }[];
}

/**
 * The documents that were not inserted, by their place in the group. Undefined where the error says nothing about single
 * documents: the driver makes a bulk error of a broken connection too, and of a majority that did not answer.
 */
function failuresIn(error: unknown, size: number): Map<number, Error> | undefined {
  if (!isBulkError(error) || error.result.getWriteConcernError() !== undefined) return undefined;
  const failures = error.writeErrors.map(({ index, code, errmsg }): [number, Error] => [
    index,
    Object.assign(new Error(errmsg), { code }),
  ]);
  return error.result.insertedCount + failures.length === size ? new Map(failures) : undefined;
}

function isBulkError(error: unknown): error is BulkError {
  return error instanceof Error && error.name === "MongoBulkWriteError";
}

/** The error that the driver has made a bulk error of, or the error itself. */
function originalOf(error: unknown): unknown {
  return isBulkError(error) && "errorResponse" in error && error.errorResponse instanceof Error
    ? error.errorResponse
    : error;
}
