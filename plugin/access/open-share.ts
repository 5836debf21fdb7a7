import type { OutgoingShare } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import { authorizeShare, type ShareClaim } from "./authorize.ts";

/** A share that a request may use, and where in it the request points. */
export interface OpenedShare {
  share: OutgoingShare;
  /** Path of the share's address: the prefix with the share's id, or in the deprecated form the prefix alone. */
  base: string;
  /** What follows it, undecoded. */
  path: string;
}

/**
 * Splits an address below the WebDAV prefix into share and path. `<prefix>/<id>/…` names the share; in the deprecated form the credentials
 * alone name it and all of `<prefix>/…` lies within it.
 * @param rest what follows the prefix in the request, undecoded and without query: "", "/" or "/…"
 * @param prefix the path of the WebDAV prefix as clients write it, without a slash at the end
 * @throws OcmError unauthenticated
 */
export async function openShare(
  rest: string,
  prefix: string,
  claim: Omit<ShareClaim, "providerId">,
): Promise<OpenedShare> {
  const id = /^\/([^/]+)/.exec(rest)?.[1];
  if (id !== undefined) {
    const share = await attempt({ ...claim, providerId: id });
    if (share !== undefined) return { share, base: `${prefix}/${id}`, path: rest.slice(id.length + 1) };
  }
  const share = await authorizeShare({ ...claim, providerId: null });
  return { share, base: prefix, path: rest };
}

async function attempt(claim: ShareClaim): Promise<OutgoingShare | undefined> {
  try {
    return await authorizeShare(claim);
  } catch (error) {
    if (error instanceof OcmError && error.code === "unauthenticated") return undefined;
    throw error;
  }
}
