import type { ServerAddress } from "../roles.ts";
import { headerOf, type Message } from "./message.ts";

/**
 * Says of each message which server sent it: whose key its signature names, who was given the token that it shows, or else, between two
 * servers, the other one, if it names its software.
 */
export function attributed(messages: Omit<Message, "from">[], servers: ServerAddress[]): Message[] {
  const nameOf = (host: string | undefined) => servers.find(({ origin }) => new URL(origin).host === host)?.name;
  const holders = new Map<string, string>();
  return messages.map((message) => {
    const { requestHeaders, requestBody, responseBody, to } = message;
    const keyid = /keyid="https?:\/\/([^/"#]+)/.exec(headerOf(requestHeaders, "signature-input") ?? "")?.[1];
    const shown = /^Bearer (.+)$/.exec(headerOf(requestHeaders, "authorization") ?? "")?.[1];
    // A server that looks at itself from outside, or a stranger, does not say who it is.
    const isPeer = headerOf(requestHeaders, "user-agent") !== undefined;
    const others = isPeer ? servers.filter(({ name }) => name !== to) : [];
    const client = new URLSearchParams(requestBody.toString("latin1")).get("client_id");
    const from =
      nameOf(keyid) ??
      nameOf(client ?? undefined) ??
      (shown === undefined ? undefined : holders.get(shown)) ??
      (others.length === 1 ? others[0]?.name : undefined) ??
      null;
    const issued = /"access_token":"([^"]+)"/.exec(responseBody.toString("latin1"))?.[1];
    if (issued !== undefined && from !== null) holders.set(issued, from);
    return { ...message, from };
  });
}
