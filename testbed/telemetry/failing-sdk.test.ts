import { type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, expect, it } from "vitest";
import { accepted, befriend, type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";

const [database] = flowDatabases().filter(({ name }) => name.includes("SQLite"));
if (database === undefined) throw new Error("There is no SQLite to test on.");

let world: Federation<"alpha" | "beta"> | undefined;
afterEach(() => world?.close());

const broken = (): never => {
  throw new Error("the processor is broken");
};
const works = { onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: async () => {} };
const PROCESSORS: [string, SpanProcessor][] = [
  ["starts", { ...works, onStart: broken }],
  ["ends", { ...works, onEnd: broken }],
];

it.each(PROCESSORS)("A span processor that fails where a span %s keeps nobody from sharing", async (_, processor) => {
  const telemetry = { tracerProvider: new TracerProvider({ spanProcessors: [processor] }) };
  world = await federation(database, { alpha: { ocm: { telemetry } }, beta: { ocm: { telemetry } } });
  const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
  await befriend(alice, bob);
  const share = await accepted(alice, bob, { path: "/file.txt" });
  expect((await bob.open(share.received)).text).toBe("The content of /file.txt");
});
