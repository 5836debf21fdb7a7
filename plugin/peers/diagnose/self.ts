import { PeerFailure } from "../../ports/peer-client.ts";
import type { Examination } from "./examination.ts";
import { failed, ok, type Verdict, warning } from "./finding.ts";

/** What a peer needs to verify us: our own discovery document and keys, fetched from our public origin as a peer does. */
export async function checkSelf(examination: Examination): Promise<Verdict> {
  const { self, discovery, keys, exchanges, requestId, found } = examination;
  const kid = self.activeKid();
  try {
    const { profile } = await discovery.get(self.host, { maxAge: 0, requestId });
    const key = await keys.find(self.host, kid);
    const url = exchanges.at(-1)?.url ?? self.host;
    if (key === undefined) {
      return failed(
        `The key with which this server signs, ${kid}, is not in ${url}.`,
        "Another server, another database or a cache answers there: peers refuse our signatures until it is the right one.",
      );
    }
    if (profile.endPoint !== self.endPoint) {
      return warning(
        `Our own discovery names the API ${profile.endPoint}, but by this configuration it is ${self.endPoint}.`,
        "Use the server's own options (prefix, publicPath), or correct them there.",
      );
    }
    return ok(
      `Our own discovery and the key that signs (${kid}) can be fetched at ${url}, from this machine at least.`,
    );
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error;
    const message = `What peers need to verify us cannot be fetched from this machine: ${error.message}`;
    if (found.verifiedByPeer) return warning(message, "The peer could do it, so this concerns only this machine.");
    return failed(
      message,
      "Check that this server runs, and that its proxy passes /.well-known/ocm and the API on to it.",
    );
  }
}
