import { invite } from "./contract/samples.ts";
import { openStore } from "./open-store.ts";
import { ORIGIN, testSystem } from "./test-system.test-helper.ts";

// A short command: opens the database beside others, writes one record, says so and ends.
const [, , database = ""] = process.argv;
const store = await openStore({ database, origin: ORIGIN, system: testSystem, exclusive: false });
if (await store.invites.insert(invite())) process.stdout.write("written\n");
await store.close();
