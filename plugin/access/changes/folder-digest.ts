import { hash as digestOf } from "node:crypto";
import type { HostEntry } from "../../ports/host.ts";

/**
 * A digest of what is directly in a folder: names, types and entity tags. The entries may come in any order and are not kept: their
 * hashes are added up.
 */
export interface FolderDigest {
  add(entry: HostEntry): void;
  value(): string;
}

export function folderDigest(): FolderDigest {
  const sum = new Uint32Array(8);
  return {
    add({ name, type, etag }) {
      const hash = digestOf("sha256", JSON.stringify([name, type, etag]), "buffer");
      for (const index of sum.keys()) sum[index] = (sum[index] ?? 0) + hash.readUInt32LE(index * 4);
    },
    value: () => Buffer.from(sum.buffer).toString("base64url"),
  };
}
