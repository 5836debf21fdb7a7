import type { WorldServer } from "../k6/shared/world.ts";
import type { PeerGround } from "./peers.ts";

/** The servers that a run loads. */
export interface Target {
  name: string;
  servers: WorldServer[];
  /** People called `recipient` and a number that each of them knows. */
  recipients: number;
  /** File with the certificates of their authority. */
  ca?: string;
  /** Where they are, if their names are of no use here: `name:port` to `address:port`. */
  hosts?: Record<string, string>;
  /** Where they find servers that this command makes; null: they trust none. */
  peers: PeerGround | null;
  /** The folder on disk with a person's own files, where it can be reached. */
  folderOf?(server: WorldServer): string;
  /** CPU seconds that the servers have used, where it is known. */
  cpuSeconds(): number | undefined;
  /** Rejects when a server ends unasked; never resolves. */
  ended: Promise<never>;
  close(): Promise<void>;
}

/** A promise that neither resolves nor rejects. */
export const never = new Promise<never>(() => undefined);
