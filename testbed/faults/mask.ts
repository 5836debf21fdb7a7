import { headerOf, type Message } from "./message.ts";

/** Fields whose values open something. In JSON `code` is the name of an error. */
const IN_JSON = /"(sharedSecret|access_token|refresh_token|token|password)"\s*:\s*"([^"]+)"/g;
const IN_FORM = /(?:^|[&?])(code|access_token|refresh_token|token|password)=([^&]+)/g;
const SHORTEST = 6;

/**
 * Gives texts of a conversation with each secret replaced by a name and a number: the same secret has the same name wherever it
 * occurs, so that one can follow it.
 */
export function mask(messages: Message[]): (text: string) => string {
  const names = new Map<string, string>();
  const add = (kind: string, secret: string): void => {
    if (secret.length >= SHORTEST && !names.has(secret)) names.set(secret, `‹${kind} ${names.size + 1}›`);
  };
  for (const { requestHeaders, requestBody, responseHeaders, responseBody, path } of messages) {
    for (const text of [requestBody.toString("utf8"), responseBody.toString("utf8"), path]) {
      for (const [, kind = "", secret = ""] of text.matchAll(IN_JSON)) add(kind, secret);
      if (text.length > 4096) continue;
      for (const [, kind = "", secret = ""] of text.matchAll(IN_FORM)) {
        add(kind, secret);
        add(kind, unescaped(secret));
      }
    }
    const [, scheme = "", credential = ""] =
      /^(\S+)\s+(.+)$/.exec(headerOf(requestHeaders, "authorization") ?? "") ?? [];
    add(`${scheme} credential`, credential);
    add("cookie", headerOf(requestHeaders, "cookie") ?? "");
    add("cookie", headerOf(responseHeaders, "set-cookie") ?? "");
  }
  // Longer ones first: one may be a part of another.
  const all = [...names].sort(([one], [other]) => other.length - one.length);
  return (text) => all.reduce((masked, [secret, name]) => masked.replaceAll(secret, name), text);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
