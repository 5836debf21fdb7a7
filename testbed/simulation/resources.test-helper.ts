import { createHook } from "node:async_hooks";
import { simulate } from "./run.ts";

/**
 * What a simulation makes the machine do beside its own thread: prints the kinds of everything that went on later than it was begun, as
 * JSON. What was done at once, such as a signature, does not go on later.
 */
const kinds = new Set<string>();
const kindOf = new Map<number, string>();
createHook({
  init: (id, type) => void kindOf.set(id, type),
  before: (id) => void kinds.add(kindOf.get(id) ?? "older"),
  destroy: (id) => void kindOf.delete(id),
}).enable();
await simulate({
  servers: 4,
  users: 16,
  shares: 30,
  topology: "star",
  workload: "mass-revocation",
  fault: "cut",
  seed: "7",
});
const found = [...kinds];
process.stdout.write(JSON.stringify(found.sort()), () => process.exit(0));
