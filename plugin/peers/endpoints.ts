import { PeerFailure, type PeerMessage } from "../ports/peer-client.ts";
import type { PeerProfile } from "../protocol/profile.ts";

/**
 * Where a message goes: a path below the peer's API, or its token endpoint. A server that is switched off takes part in nothing new,
 * but what goes on with it goes on (G-56).
 * @throws PeerFailure peer-disabled, peer-no-token-endpoint, peer-bad-answer
 */
export function endpointUrl(
  profile: PeerProfile,
  endpoint: PeerMessage["endpoint"],
  allowInsecureHttp: boolean,
): string {
  const { host, enabled, endPoint, tokenEndPoint } = profile;
  if (endpoint === "token") {
    if (tokenEndPoint === null) {
      const sentence = `${host} names no tokenEndPoint in its discovery document.`;
      throw new PeerFailure("peer-no-token-endpoint", host, sentence, { final: true });
    }
    return checkedUrl(host, tokenEndPoint, allowInsecureHttp);
  }
  const isNew = endpoint === "shares" || endpoint === "invite-accepted";
  if (endPoint === "" || (isNew && !enabled)) {
    throw new PeerFailure("peer-disabled", host, `${host} has switched its OCM API off.`);
  }
  return checkedUrl(host, `${endPoint.replace(/\/$/, "")}/${endpoint}`, allowInsecureHttp);
}

/**
 * The URL in its normal form, if it may be used: https, or http where the operator permits that for this peer (G-03, G-37).
 * @throws PeerFailure peer-bad-answer
 */
export function checkedUrl(host: string, text: string, allowInsecureHttp: boolean): string {
  const url = URL.parse(text);
  const isAllowed = url?.protocol === "https:" || (url?.protocol === "http:" && allowInsecureHttp);
  if (url !== null && isAllowed && url.username === "" && url.password === "") return url.href;
  const what = url === null ? "an address that is no URL" : `an address that is not used: ${url.origin}`;
  const why = url?.protocol === "http:" ? " Plain http is not permitted for it." : "";
  throw new PeerFailure("peer-bad-answer", host, `${host} names ${what}.${why}`, { final: true });
}
