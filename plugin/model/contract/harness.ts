import type { ChildProcess } from "node:child_process";
import type { Store } from "../../ports/store.ts";

/** One store on a database that nothing else uses. */
export interface OpenedStore {
  store: Store;
  /** Closes the store and opens the same database again. Leave it out where the data ends with the store. */
  reopen?(): Promise<Store>;
  /**
   * Starts another process, with its standard output as a pipe, that opens the same database (the store is closed meanwhile) and
   * inserts invites, prints the id of each on a line of its own once its `insert` has resolved, and goes on until it is killed.
   */
  startWriter?(): ChildProcess;
  /** Closes the store and removes the database. */
  close(): Promise<void>;
}

/** What the suite needs of a test framework; those of vitest, Jest, Mocha and node:test fit. */
export interface TestFramework {
  describe(name: string, suite: () => void): void;
  it(name: string, test: () => Promise<void>): void;
}

export interface StoreContract {
  /** Opens a store on a new, empty database. */
  open(): Promise<OpenedStore>;
  test: TestFramework;
}

/** Declares a test that has a store of its own. */
export type StoreTest = (name: string, test: (store: Store, opened: OpenedStore) => Promise<void>) => void;

export function storeTests({ open, test }: StoreContract): StoreTest {
  return (name, body) =>
    test.it(name, async () => {
      const opened = await open();
      try {
        await body(opened.store, opened);
      } finally {
        await opened.close();
      }
    });
}
