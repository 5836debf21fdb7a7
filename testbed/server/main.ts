import type { RequestListener } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseRefused, OcmError } from "../../plugin/index.ts";
import { createTestbedApp } from "./app.ts";
import { originOf, readConfig } from "./config.ts";
import { closeServers, listen, PortTaken } from "./listen.ts";
import { startTelemetry, TelemetryRefused } from "./telemetry.ts";

/** What the process tells the one that started it. */
export type ServerMessage = { type: "ready"; origin: string };

/** Milliseconds that the end may take before the process leaves anyway. */
const LONGEST_END_MS = 5000;

/** One demo server as a process. It ends on SIGTERM, on SIGINT and when the process that started it is gone. */
async function main(): Promise<void> {
  // Whoever started it may have gone while it was loaded.
  if (process.send !== undefined && !process.connected) process.exit(1);
  const config = await readConfig(process.argv[2], process.env);
  const origin = originOf(config);

  // The port is taken first, so that nothing is made on disk where it cannot be had. Early requests wait.
  const { promise: listener, resolve: open } = Promise.withResolvers<RequestListener>();
  const { servers } = await listen(config.port, async (...exchange) => (await listener)(...exchange), {
    host: config.host,
  });
  const telemetry = await startTelemetry(config.name, process.env);
  const app = await createTestbedApp(config, origin);
  open(app.listener);

  let ending = false;
  const end = async (): Promise<void> => {
    if (ending) {
      return;
    }
    ending = true;
    setTimeout(() => process.exit(1), config.drainMs + LONGEST_END_MS).unref();
    app.drain();
    await delay(config.drainMs);
    await closeServers(servers);
    await app.close();
    await telemetry.stop();
    process.exit(0);
  };
  process.on("SIGTERM", end);
  // In a terminal Ctrl-C reaches the whole group of processes; where there is a launcher, it says when to end.
  process.on("SIGINT", process.send ? () => undefined : end);
  process.on("disconnect", end);
  if (process.send) {
    process.send({ type: "ready", origin } satisfies ServerMessage);
  } else {
    console.log(`${config.name} is ready at ${origin}`);
  }
}

try {
  await main();
} catch (error) {
  const isSaid = [PortTaken, DatabaseRefused, OcmError, TelemetryRefused].some((known) => error instanceof known);
  console.error(isSaid && error instanceof Error ? error.message : error);
  process.exit(error instanceof PortTaken ? 2 : 1);
}
