import type { Readable } from "node:stream";
import { LISTING_LIMITS } from "./multistatus.ts";

/**
 * The memory for listings that are being read. A server may take as long as it likes to send them, and send many at the same time; so what
 * they take together is bounded, for each server and in all, and where it is too much, the largest one is broken off.
 */
export interface ListingRoom {
  /** @param host of the owner's server */
  enter(host: string, body: Readable): ListingPlace;
}

/** What one listing takes. */
export interface ListingPlace {
  /** So many bytes more are kept. */
  take(bytes: number): void;
  /** The listing has been read, or has failed. */
  leave(): void;
}

/** Bytes that are kept of all listings of one server, and of all servers. */
export interface RoomLimits {
  perServer: number;
  all: number;
}

const LIMITS: RoomLimits = { perServer: 2 * LISTING_LIMITS.bytes, all: 6 * LISTING_LIMITS.bytes };

interface Held {
  host: string;
  body: Readable;
  bytes: number;
}

export function createListingRoom(limits: RoomLimits = LIMITS): ListingRoom {
  const places = new Set<Held>();

  function makeRoom(some: readonly Held[], limit: number): void {
    const sum = some.reduce((bytes, held) => bytes + held.bytes, 0);
    if (sum <= limit) return;
    const largest = some.reduce((one, other) => (other.bytes > one.bytes ? other : one));
    places.delete(largest);
    largest.body.destroy(new Error("Too much is being listed at the same time."));
  }

  return {
    enter(host, body) {
      const held: Held = { host, body, bytes: 0 };
      places.add(held);
      return {
        take(bytes) {
          held.bytes += bytes;
          makeRoom(
            [...places].filter((other) => other.host === host),
            limits.perServer,
          );
          makeRoom([...places], limits.all);
        },
        leave: () => void places.delete(held),
      };
    },
  };
}
