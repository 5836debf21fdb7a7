import type { AnyAggregate } from "../ports/records.ts";
import type { Page, PageRequest } from "../ports/store.ts";
import { enqueue } from "./aggregate.ts";
import { requestIdOf } from "./common.ts";
import { removedContact } from "./contacts.ts";
import type { SharingContext } from "./context.ts";
import { decideOn } from "./decide.ts";
import { leave } from "./received.ts";
import { isLive } from "./schedule.ts";
import { endShare } from "./sent.ts";

/** The host moved a file or folder: shares of it and of what is below follow. */
export async function fileMoved(context: SharingContext, user: string, from: string, to: string): Promise<void> {
  const requestId = requestIdOf(context.system);
  for (const share of await context.store.outgoing.below(user, from)) {
    await decideOn(context, context.store.outgoing, share.id, { name: "share-moved", requestId }, (found) =>
      isLive(found) && found.path === share.path ? { ...found, path: to + found.path.slice(from.length) } : undefined,
    );
  }
}

/** The host removed a file or folder: shares of it and of what is below are revoked. */
export async function fileRemoved(context: SharingContext, user: string, path: string): Promise<void> {
  for (const share of await context.store.outgoing.below(user, path)) await endShare(context, share.id);
}

/**
 * The account is gone: its shares end in both directions, its invites are withdrawn, its contacts are removed and their servers told
 * with USER_REMOVED. Each record is one write, so an interruption is mended by calling it again.
 */
export async function userRemoved(context: SharingContext, user: string): Promise<void> {
  const { outgoing, incoming, invites, contacts } = context.store;
  const requestId = requestIdOf(context.system);
  for await (const share of all((page) => outgoing.ofUser(user, { ...page, live: true }))) {
    await endShare(context, share.id);
  }
  for await (const share of all((page) => incoming.ofUser(user, page))) {
    if (isLive(share)) await leave(context, share.id, "account-removed");
  }
  for await (const invite of all((page) => invites.ofUser(user, page))) {
    await decideOn(context, invites, invite.id, { name: "invite-revoked", requestId }, (found, now) =>
      found.status === "open" ? { ...found, status: "revoked", endedAt: now } : undefined,
    );
  }
  for await (const contact of all((page) => contacts.ofUser(user, page))) {
    await decideOn(context, contacts, contact.id, { name: "contact-removed", requestId }, (found, now) =>
      found.status === "removed"
        ? undefined
        : enqueue(
            removedContact(found, now),
            { type: "notification", detail: "USER_REMOVED", to: found.host, requestId },
            now,
          ),
    );
  }
}

async function* all<R extends AnyAggregate>(list: (page: PageRequest) => Promise<Page<R>>): AsyncIterable<R> {
  let after: string | undefined;
  do {
    const page: Page<R> = await list({ limit: 500, after });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}
