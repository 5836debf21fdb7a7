import { setTimeout as delay } from "node:timers/promises";
import type { ContactView, InviteView, ReceivedShareView, SentShareView } from "../../plugin/index.ts";
import { caller } from "../http.ts";
import type { MortalServer } from "./mortal-server.test-helper.ts";

/** All that the user API tells a person of what the server keeps. */
export interface Books {
  sent: SentShareView[];
  received: ReceivedShareView[];
  contacts: ContactView[];
  invites: InviteView[];
}

type ServedBy = Pick<MortalServer, "origin" | "account">;

export async function booksOf({ origin, account }: ServedBy): Promise<Books> {
  const { json } = caller(origin, account);
  const all = async <T>(path: string): Promise<T[]> => {
    const items: T[] = [];
    for (let after = ""; ; ) {
      const page = (await json("GET", `/ocm/api/v1${path}?limit=200${after}`)) as { items: T[]; next?: string };
      items.push(...page.items);
      if (page.next === undefined) return items;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  };
  const [sent, received, contacts, invites] = await Promise.all([
    all<SentShareView>("/shares/sent"),
    all<ReceivedShareView>("/shares/received"),
    all<ContactView>("/contacts"),
    all<InviteView>("/invites"),
  ]);
  return { sent, received, contacts, invites };
}

/** How a received share has to stand, as its status and who ended it, for each status of the share that was sent. */
const COUNTERPART: Record<SentShareView["status"], readonly string[]> = {
  announcing: [],
  pending: ["pending"],
  accepted: ["accepted"],
  declined: ["declined person", "ended person"],
  rejected: ["none"],
  // Where the end came first, the receiver has never heard of the share.
  revoked: ["ended owner", "none"],
  expired: ["ended expiry", "ended owner", "none"],
};

/** What the books of a sender and a receiver do not agree on, one sentence each. The name of a share identifies it. */
export function disagreements(sender: Books, receiver: Books): string[] {
  const found: string[] = [];
  const waiting = [...sender.sent, ...receiver.received].flatMap((share) =>
    share.deliveries.map(({ type, detail }) => `“${share.name}” waits to tell ${type} ${detail}`),
  );
  for (const { name, status } of sender.sent) {
    const partners = receiver.received.filter((share) => share.name === name);
    const [partner = { status: "none", endedBy: null }] = partners;
    const state = [partner.status, ...(partner.endedBy === null ? [] : [partner.endedBy])].join(" ");
    if (partners.length > 1) found.push(`“${name}” was received ${partners.length} times`);
    if (!COUNTERPART[status].includes(state)) found.push(`“${name}” is ${status} here and ${state} there`);
  }
  for (const { name } of receiver.received) {
    const origins = sender.sent.filter((share) => share.name === name).length;
    if (origins !== 1) found.push(`“${name}” was received, and sent ${origins} times`);
  }
  for (const [books, who] of [
    [sender, "the sender"],
    [receiver, "the receiver"],
  ] as const) {
    for (const { status } of books.contacts) {
      if (status !== "active" && status !== "removed") found.push(`a contact of ${who} is ${status}`);
    }
  }
  return [...waiting, ...found];
}

/** Milliseconds between two looks: each is eight requests. */
const LOOK_EVERY = 100;

/** Waits until nothing has to be told any more and both books agree. @throws Error with what still differs */
export async function settled(
  sender: ServedBy,
  receiver: ServedBy,
  longestMs: number,
): Promise<{ sender: Books; receiver: Books }> {
  const end = performance.now() + longestMs;
  for (;;) {
    const [ofSender, ofReceiver] = await Promise.all([booksOf(sender), booksOf(receiver)]);
    const found = disagreements(ofSender, ofReceiver);
    if (found.length === 0) return { sender: ofSender, receiver: ofReceiver };
    if (performance.now() > end) throw new Error(`After ${longestMs / 1000} s: ${found.join("; ")}.`);
    await delay(LOOK_EVERY);
  }
}
