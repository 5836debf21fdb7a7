import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { StoreTest } from "./harness.ts";

/** The process is killed when it has printed this many identifiers. */
const ENOUGH = 300;

export function durabilityContract(it: StoreTest): void {
  it("has everything that it said it had, after the process was killed with kill -9", async (store, opened) => {
    const { startWriter, reopen } = opened;
    if (startWriter === undefined || reopen === undefined) return;
    await store.close();
    const writer = startWriter.call(opened);
    const ended = once(writer, "close");
    assert(writer.stdout !== null);
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged.push(line);
      if (acknowledged.length === ENOUGH) writer.kill("SIGKILL");
    }
    await ended;
    assert(acknowledged.length >= ENOUGH, `The writer ended after ${acknowledged.length} records.`);
    const again = await reopen.call(opened);
    // The last line may have been cut off in the middle.
    for (const id of acknowledged.slice(0, -1)) assert.equal((await again.invites.get(id))?.id, id);
  });
}
