import type { Message } from "../../faults/message.ts";
import { caller } from "../../http.ts";
import type { Credentials } from "../../tls/authority.ts";
import type { FaultOrder, RecordedMessage } from "./control.ts";

/** The proxy of one server, told what to do from outside. */
export interface ProxyClient {
  /** Forgets what it saw. */
  clear(): Promise<void>;
  suffer(order: FaultOrder): Promise<void>;
  show(credentials: Credentials): Promise<void>;
  /** What is new, and what has changed, since the last time, in the order in which it began. */
  news(): Promise<Seen[]>;
}

/** A message that one proxy saw; its number is that proxy's own. */
export type Seen = Omit<Message, "from">;

export function proxyClient(port: number, token: string): ProxyClient {
  const { json } = caller(`http://127.0.0.1:${port}`);
  const headers = { authorization: `Bearer ${token}` };
  /** All up to this number were over when they were last fetched. */
  let settled = 0;
  return {
    async clear() {
      settled = 0;
      await json("DELETE", "/messages", { headers });
    },
    async suffer(order) {
      await json("PUT", "/fault", { json: order, headers });
    },
    async show(credentials) {
      await json("PUT", "/certificate", { json: credentials, headers });
    },
    async news() {
      // The other side is this same version of this code.
      const recorded = (await json("GET", `/messages?after=${settled}`, { headers })) as RecordedMessage[];
      const messages = recorded.map((message) => ({
        ...message,
        requestBody: Buffer.from(message.requestBody, "base64"),
        responseBody: Buffer.from(message.responseBody, "base64"),
      }));
      const open = messages.find(({ ms }) => ms === null);
      settled = open === undefined ? (messages.at(-1)?.number ?? settled) : open.number - 1;
      return messages;
    },
  };
}
