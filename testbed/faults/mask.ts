import { headerOf, type Message } from "./message.ts";

/** Fields whose values open something. In JSON `code` is the name of an error. A text may end within the value. */
const IN_JSON = /"(sharedSecret|access_token|refresh_token|token|password)"\s*:\s*"((?:[^"\\]|\\.)+)/g;
const IN_FORM = /(?:^|[&?])(code|access_token|refresh_token|token|password)=([^&]+)/g;
const SHORTEST = 6;
/** Characters: no form is as long. */
const LONGEST_FORM = 4096;

/**
 * Gives texts of a conversation with each secret replaced by a name and a number: the same secret has the same name wherever it
 * occurs, so that one can follow it. What is to be cut is masked before, as no part of a secret is found.
 */
export function mask(messages: readonly Message[]): (text: string) => string {
  const secrets = collected();
  for (const { requestHeaders, requestBody, responseHeaders, responseBody, path } of messages) {
    for (const text of [requestBody.toString("utf8"), responseBody.toString("utf8"), path]) secrets.addFrom(text);
    const [, scheme = "", credential = ""] =
      /^(\S+)\s+(.+)$/.exec(headerOf(requestHeaders, "authorization") ?? "") ?? [];
    secrets.add(`${scheme} credential`, credential);
    secrets.add("cookie", headerOf(requestHeaders, "cookie") ?? "");
    secrets.add("cookie", headerOf(responseHeaders, "set-cookie") ?? "");
  }
  return secrets.masked;
}

/** One text without the secrets in it. */
export function maskText(text: string): string {
  const secrets = collected();
  secrets.addFrom(text);
  return secrets.masked(text);
}

interface Secrets {
  /** @param forms the same secret in the ways in which it is written */
  add(kind: string, ...forms: string[]): void;
  addFrom(text: string): void;
  masked(text: string): string;
}

function collected(): Secrets {
  const names = new Map<string, string>();
  let count = 0;
  const add = (kind: string, ...forms: string[]): void => {
    const long = forms.filter(({ length }) => length >= SHORTEST);
    if (long.length === 0) return;
    const known = long.map((form) => names.get(form)).find((name) => name !== undefined);
    const name = known ?? `‹${kind} ${++count}›`;
    for (const form of long) names.set(form, name);
  };
  return {
    add,
    addFrom(text) {
      for (const [, kind = "", secret = ""] of text.matchAll(IN_JSON)) add(kind, secret, unquoted(secret));
      if (text.length > LONGEST_FORM) return;
      for (const [, kind = "", secret = ""] of text.matchAll(IN_FORM)) add(kind, secret, unescaped(secret));
    },
    masked(text) {
      // Longer ones first: one may be a part of another.
      const all = [...names].sort(([one], [other]) => other.length - one.length);
      return all.reduce((masked, [secret, name]) => masked.replaceAll(secret, name), text);
    },
  };
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
