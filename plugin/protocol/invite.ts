import { canonicalHost, parseAddress } from "./address.ts";
import { OcmError } from "./errors.ts";

/** What an invite says (draft section 4.4): the token, and the server that made it. */
export interface InviteText {
  token: string;
  /** Canonical host[:port] of the Invite Sender server. */
  provider: string;
}

/** The invite string (section 4.4.6 of the later text): base64url of `token@provider`, without padding. */
export function formatInvite({ token, provider }: InviteText): string {
  return Buffer.from(`${token}@${provider}`, "utf8").toString("base64url");
}

/** The link form of an invite (section 4.4.6): the address of the WAYF page with the token (INV-38). */
export function formatInviteLink(wayfPage: string, token: string): string {
  return `${wayfPage}?${new URLSearchParams({ token })}`;
}

/**
 * Reads an invite in any form that people are given: the invite string in base64 or base64url, padded or not, broken over lines
 * or not; an invite link; or `token@provider` in the clear.
 * @throws OcmError invite-malformed
 */
export function parseInvite(text: string): InviteText {
  const compact = text.replace(/\s+/g, "");
  try {
    if (/^https?:\/\//i.test(compact)) return ofLink(compact);
    return ofPair(compact.includes("@") ? compact : decodeBase64(compact));
  } catch (cause) {
    throw new OcmError("invite-malformed", { cause });
  }
}

/**
 * The address of another server's page for accepting an invite (draft section 5.3, inviteAcceptDialog).
 * @param dialog absolute URL, as in a PeerProfile
 * @throws OcmError peer-incompatible when it is no URL
 */
export function acceptDialogUrl(dialog: string, token: string, providerDomain: string): string {
  const url = URL.parse(dialog);
  if (url === null) throw new OcmError("peer-incompatible", { message: "The other server has no page for invites." });
  url.searchParams.set("token", token);
  url.searchParams.set("providerDomain", providerDomain);
  return url.href;
}

/** A token has no host in it, but it is divided from the provider as an OCM Address is: at the last `@`. */
function ofPair(text: string): InviteText {
  const { identifier, host } = parseAddress(text);
  return { token: identifier, provider: host };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeBase64(text: string): string {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw new TypeError("This is not base64.");
  return utf8.decode(Buffer.from(text, "base64"));
}

/** Paths of the invite pages that are known. A link without `providerDomain` is only trusted to be an invite on one of them. */
const INVITE_PATH = /\b(?:wayf|invit\w*|ocm|open-cloud-mesh|sciencemesh)\b/i;

/** Where the link does not name the provider, it is the link's own host (G-62). */
function ofLink(link: string): InviteText {
  const url = URL.parse(link);
  if (url === null) throw new TypeError("This is no link.");
  const token = url.searchParams.get("token") ?? "";
  const named = url.searchParams.get("providerDomain");
  if (named === null && !INVITE_PATH.test(url.pathname)) throw new TypeError("This link is of no known form.");
  return ofPair(`${token}@${canonicalHost(named ?? url.host)}`);
}
