import { Readable } from "node:stream";
import type { HostFile } from "../../../ports/host.ts";
import type { ByteRange } from "./byte-range.ts";

/** A body of the type multipart/byteranges, and its length in bytes. */
export interface Multipart {
  length: number;
  stream: Readable;
}

/** Several ranges of an open file (RFC 9110 section 14.6), read one after the other as they are taken. The file stays open. */
export function multipart(file: HostFile, ranges: readonly ByteRange[], type: string, boundary: string): Multipart {
  const { size } = file.entry;
  const heads = ranges.map(({ start, end }, index) =>
    Buffer.from(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  let length = tail.length;
  for (const head of heads) length += head.length;
  for (const { start, end } of ranges) length += end - start + 1;

  async function* pieces(): AsyncGenerator<Buffer> {
    for (const [index, range] of ranges.entries()) {
      yield heads[index] ?? Buffer.alloc(0);
      yield* file.read(range);
    }
    yield tail;
  }
  return { length, stream: Readable.from(pieces(), { objectMode: false, highWaterMark: 65_536 }) };
}
