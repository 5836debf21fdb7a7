import type { Role } from "../roles.ts";

/** A download that somebody reads when they like. */
export interface Download {
  chunks: AsyncIterator<Uint8Array>;
  /** Bytes that came so far. */
  size: number;
}

/** Reads the first bytes, and no more. */
export async function beginDownload(role: Role, share: string, path: string): Promise<Download> {
  const chunks = (await role.read(share, path))[Symbol.asyncIterator]();
  const first = await chunks.next();
  return { chunks, size: first.done ? 0 : first.value.length };
}

/** Reads on. How many bytes came in all, until the end or the cut. */
export async function restOf({ chunks, size }: Download): Promise<number> {
  let got = size;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      got += next.value.length;
    }
  } catch {
    // Cut.
  }
  return got;
}
