import { dueContract } from "./contract/due.ts";
import { durabilityContract } from "./contract/durability.ts";
import { type StoreContract, storeTests } from "./contract/harness.ts";
import { locksContract } from "./contract/locks.ts";
import { marksContract } from "./contract/marks.ts";
import { notesContract } from "./contract/notes.ts";
import { passwordsContract } from "./contract/passwords.ts";
import { readingContract } from "./contract/reading.ts";
import { serverStateContract } from "./contract/server-state.ts";
import { writingContract } from "./contract/writing.ts";

export type { OpenedStore, StoreContract, TestFramework } from "./contract/harness.ts";

/**
 * The contract of `Store`, as tests: whoever keeps shares in a database of another kind declares them in a test file of their own,
 * with the framework that they use.
 */
export function storeContract(contract: StoreContract): void {
  const { describe } = contract.test;
  const it = storeTests(contract);
  describe("writing", () => writingContract(it));
  describe("reading", () => readingContract(it));
  describe("what is due", () => dueContract(it));
  describe("the state of the server", () => serverStateContract(it));
  describe("locks", () => locksContract(it));
  describe("notes about files", () => notesContract(it));
  describe("marks of folders", () => marksContract(it));
  describe("app passwords", () => passwordsContract(it));
  describe("durability", () => durabilityContract(it));
}
