import type { Readable } from "node:stream";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";

/** How often it is asked again whether running transfers may go on, in milliseconds: with the look itself it stays within a second. */
const INTERVAL = 750;

/** Watches the streams that carry bytes of shares, one look for all that depend on the same right. */
export interface Transfers {
  /**
   * Destroys the stream once `stillValid` says no, or cannot tell any more. Whoever sends the stream has to destroy the connection then,
   * not to end it.
   * @param right names what the stream depends on: streams with the same name share the answer
   */
  watch<S extends Readable>(stream: S, right: string, stillValid: () => Promise<boolean>): S;
}

const uncounted = () => () => {};

interface Watched {
  streams: Set<Readable>;
  stillValid(): Promise<boolean>;
}

/**
 * One for all requests of a plugin instance. It sleeps for good while nothing is under way.
 * @param begun told of each stream; what it returns is called when that is over
 */
export function createTransfers(system: Pick<System, "sleep">, begun: () => () => void = uncounted): Transfers {
  const rights = new Map<string, Watched>();
  let looking = false;

  async function look(): Promise<void> {
    looking = true;
    while (rights.size > 0) {
      await system.sleep(INTERVAL);
      await Promise.all([...rights.values()].map(lookAt));
    }
    looking = false;
  }

  async function lookAt({ streams, stillValid }: Watched): Promise<void> {
    const asked = [...streams];
    const valid = await stillValid().catch(() => false);
    if (valid) return;
    for (const stream of asked) {
      stream.destroy(new OcmError("unauthenticated", { message: "The share has ended." }));
    }
  }

  return {
    watch(stream, right, stillValid) {
      // Should nobody listen any more when it is destroyed, or has just been, the process has to go on.
      stream.on("error", () => {});
      // What is over does not say so again, and would be asked about for ever.
      if (stream.closed) return stream;
      const watched = rights.get(right) ?? { streams: new Set(), stillValid };
      watched.streams.add(stream);
      rights.set(right, watched);
      const ended = begun();
      stream.once("close", () => {
        ended();
        watched.streams.delete(stream);
        if (watched.streams.size === 0 && rights.get(right) === watched) rights.delete(right);
      });
      if (!looking) void look();
      return stream;
    },
  };
}
