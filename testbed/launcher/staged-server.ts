import type { RequestListener } from "node:http";
import { DatabaseRefused } from "../../plugin/index.ts";
import { setClockPart } from "../faults/hooks/clock.ts";
import { createTestbedApp } from "../server/app.ts";
import { originOf, readConfig } from "../server/config.ts";
import { closeServers, listen } from "../server/listen.ts";
import { CLOCK_VARIABLE, type StagedMessage } from "./staged.ts";

/** Milliseconds that the end may take before the process leaves anyway. */
const LONGEST_END_MS = 5000;

/**
 * One demo server behind a proxy, as a process: peers know it by the port of its configuration, at which the proxy stands, and it
 * listens where there is room. Its clock may be wrong. It ends on SIGTERM and when the process that started it is gone.
 */
async function main(): Promise<void> {
  // Whoever started it may be gone before it is ready.
  const orphaned = (): void => process.exit(1);
  if (process.send !== undefined && !process.connected) orphaned();
  process.on("disconnect", orphaned);
  const config = await readConfig(undefined, process.env);
  setClockPart("start", Number(process.env[CLOCK_VARIABLE] ?? 0));
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const { servers, port } = await listen(0, async (...exchange) => (await listener)(...exchange));
  const app = await createTestbedApp(config, originOf(config));
  open(app.listener);

  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
    await closeServers(servers, 200);
    await app.close();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", () => undefined);
  process.off("disconnect", orphaned).on("disconnect", end);
  process.send?.({ type: "ready", port } satisfies StagedMessage);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof DatabaseRefused ? error.message : error);
  process.exit(1);
}
