import { OcmError } from "../../protocol/errors.ts";
import type { DavDeps, DavRequest } from "./request.ts";
import { readBody } from "./xml/xml-body.ts";

/** Milliseconds for which what was true before a body came is still true after it. */
const SOON = 500;

/**
 * The whole body of a request. A client may take its time to send one, so where it does, the share is looked at again before anything is
 * read or changed in its name.
 * @throws OcmError as `readBody` does; unauthenticated where the share has ended meanwhile
 */
export async function readRequestBody(
  request: DavRequest,
  deps: Pick<DavDeps, "stillValid"> & { system: Pick<DavDeps["system"], "now"> },
): Promise<Buffer> {
  const begun = deps.system.now();
  const bytes = await readBody(request.body);
  if (deps.system.now() - begun > SOON && !(await deps.stillValid())) {
    throw new OcmError("unauthenticated", { message: "The share has ended." });
  }
  return bytes;
}
