import type { Readable } from "node:stream";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";

/** How often a running transfer looks again, in milliseconds: with the look itself it stays within a second. */
const INTERVAL = 750;

/**
 * Watches a stream of a share's bytes: again and again it asks whether the share is still open, and destroys the stream once it is
 * not, or once that cannot be told any more. Whoever sends the stream has to destroy the connection then, not to end it.
 */
export function guardStream<S extends Readable>(
  stream: S,
  stillValid: () => Promise<boolean>,
  system: Pick<System, "sleep">,
): S {
  const ended = new AbortController();
  stream.once("close", () => ended.abort());
  // Should nobody listen any more when it is destroyed, the process has to go on.
  stream.on("error", () => {});
  void watch(stream, stillValid, system, ended.signal);
  return stream;
}

async function watch(
  stream: Readable,
  stillValid: () => Promise<boolean>,
  system: Pick<System, "sleep">,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    await system.sleep(INTERVAL, ended);
    if (ended.aborted) return;
    const valid = await stillValid().catch(() => false);
    if (!valid) stream.destroy(new OcmError("unauthenticated", { message: "The share has ended." }));
  }
}
