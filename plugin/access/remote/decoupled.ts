import { PassThrough, type Readable } from "node:stream";
import { OcmError } from "../../protocol/errors.ts";

/**
 * The content in a stream of its own, so that what it comes from is left whole when the other server takes no more: a request can then still be
 * answered on its connection. Its end is an end only where the content was complete. `release` has to be called.
 */
export function decoupled(content: Readable): { stream: PassThrough; release(): void } {
  const stream = new PassThrough();
  const cutOff = () => stream.destroy(new OcmError("bad-request", { message: "The upload was cut off." }));
  stream.on("error", () => {});
  content.once("error", cutOff);
  content.once("close", () => {
    if (!content.readableEnded) cutOff();
  });
  if (content.destroyed && !content.readableEnded) cutOff();
  else content.pipe(stream);
  return {
    stream,
    release() {
      content.unpipe(stream);
      stream.destroy();
      content.resume();
    },
  };
}

/** Did the content itself break off, whoever gave up first on its copy? */
export function brokeOff(content: Readable): boolean {
  return content.errored !== null || (content.destroyed && !content.readableEnded);
}
