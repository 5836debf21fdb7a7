import { invite } from "./contract/samples.ts";
import { openStore } from "./open-store.ts";
import { ORIGIN, testSystem } from "./test-system.test-helper.ts";

// A process that inserts invites, sixteen at a time, and prints each id once it is acknowledged, until it is killed.
const [, , database = ""] = process.argv;
const store = await openStore({ database, origin: ORIGIN, system: testSystem });

async function insertForever(): Promise<never> {
  for (;;) {
    const record = invite();
    if (await store.invites.insert(record)) process.stdout.write(`${record.id}\n`);
  }
}
await Promise.all(Array.from({ length: 16 }, insertForever));
