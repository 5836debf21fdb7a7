import { canonicalHost } from "./address.ts";

const LONGEST = 512;

/**
 * The server that somebody means who was asked for it: its name, the address that their browser shows there, or their OCM Address.
 * @returns canonical host[:port]; null when the text names no host
 */
export function serverMeant(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return null;
  try {
    return canonicalHost(/^https?:\/\//i.test(trimmed) ? hostOfUrl(trimmed) : hostOfAddress(trimmed));
  } catch {
    return null;
  }
}

/** A user in a URL is nothing that a browser shows: it is there to have the host taken for another. */
function hostOfUrl(text: string): string {
  const url = URL.parse(text);
  return url === null || url.username !== "" || url.password !== "" ? "" : url.host;
}

function hostOfAddress(text: string): string {
  return text.slice(text.lastIndexOf("@") + 1).replace(/[/?#].*$/s, "");
}
