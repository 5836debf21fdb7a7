import { type Readable, Transform } from "node:stream";
import { OcmError } from "../../protocol/errors.ts";
import type { AnnouncedChecksum } from "../dav/content/checksum.ts";

/**
 * The content, whose last piece is held back until the whole is known to have the checksum that was announced: otherwise the stream fails, the
 * other server sees an upload that was cut off, and keeps what it had.
 */
export function verified(content: Readable, checksum: AnnouncedChecksum | undefined): Readable {
  if (checksum === undefined) return content;
  let last: Buffer | undefined;
  const checked = new Transform({
    transform(piece: Buffer, _encoding, done) {
      checksum.update(piece);
      const before = last;
      last = piece;
      done(null, before);
    },
    flush(done) {
      if (checksum.matches()) done(null, last);
      else done(new OcmError("bad-request", { message: "The content does not have the checksum that was sent." }));
    },
  });
  content.once("error", (error) => checked.destroy(error));
  content.once("close", () => {
    if (!content.readableEnded) checked.destroy(new OcmError("bad-request", { message: "The upload was cut off." }));
  });
  checked.on("error", () => {});
  content.pipe(checked);
  return checked;
}
