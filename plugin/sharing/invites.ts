import type { Cause, InvitesApi, InviteView, NewInviteView } from "../api.ts";
import type { Invite } from "../ports/records.ts";
import { formatAddress } from "../protocol/address.ts";
import { OcmError } from "../protocol/errors.ts";
import { formatInvite, formatInviteLink } from "../protocol/invite.ts";
import { DAY, enqueue, HOUR, newAggregate, randomId, sha256 } from "./aggregate.ts";
import { awaitVerdict, requestIdOf, viewPage } from "./common.ts";
import type { SharingContext } from "./context.ts";
import { stamp } from "./context.ts";
import { decideOn } from "./decide.ts";

/** Who accepts an invite at another server (draft section 4.4.3). */
export interface Acceptance {
  /** Canonical host, which the signature has proved. */
  host: string;
  token: string;
  userID: string;
  name: string;
  email: string;
  requestId: string;
}

/** The inviting person, as the accepting server is told. */
export interface InvitingIdentity {
  userID: string;
  email: string;
  name: string;
}

/** Invites of local users (draft section 4.4). */
export function invites(context: SharingContext): InvitesApi {
  return {
    create: (user, options, cause) => create(context, user, options, cause),
    list: async (user, page) => viewPage(await context.store.invites.ofUser(user, page), inviteView),
    revoke: (user, id, cause) => revoke(context, user, id, cause),
  };
}

async function create(
  context: SharingContext,
  user: string,
  options: { note?: string; expiresInDays?: number } = {},
  cause?: Cause,
): Promise<NewInviteView> {
  const { store, system, limits, self } = context;
  const person = await context.host.users.find(user);
  if (person === undefined || person.mayShare === false) throw new OcmError("forbidden");
  if ((await store.invites.countOpen(user)) >= limits.openInvites) {
    throw new OcmError("too-many-requests", { message: "You have too many open invites; withdraw some first." });
  }
  const now = system.now();
  const lifetime = options.expiresInDays === undefined ? limits.inviteLifetime : options.expiresInDays * DAY;
  const token = system.random("invite-token", 32).toString("base64url");
  const invite: Invite = {
    ...newAggregate(randomId(system, "invite-id"), now),
    kind: "invite",
    user,
    tokenHash: sha256(token),
    note: options.note ?? null,
    status: "open",
    expiresAt: now + lifetime,
    endedAt: null,
    acceptedBy: null,
  };
  await store.invites.insert(stamp(context, invite));
  context.decided({
    name: "invite-created",
    record: invite.id,
    user,
    peer: null,
    requestId: requestIdOf(system, cause),
  });
  return {
    ...inviteView(invite),
    token,
    invite: formatInvite({ token, provider: self.host }),
    link: self.wayfPage === null ? null : formatInviteLink(self.wayfPage, token),
  };
}

async function revoke(context: SharingContext, user: string, id: string, cause?: Cause): Promise<InviteView> {
  const requestId = requestIdOf(context.system, cause);
  const invite = await decideOn(
    context,
    context.store.invites,
    id,
    { name: "invite-revoked", requestId },
    (found, now) => {
      if (found.user !== user) throw new OcmError("not-found");
      if (found.status === "accepted") throw new OcmError("conflict", { message: "The invite has been accepted." });
      return found.status === "open" ? { ...found, status: "revoked", endedAt: now } : undefined;
    },
  );
  return inviteView(invite);
}

/**
 * An invite is accepted at another server (POST /invite-accepted): one acceptance per invite, repeated without effect.
 * The contact follows from the outbox.
 * @throws OcmError invite-unknown, invite-used (with the identity where it is a repetition), too-many-requests
 */
export async function redeem(context: SharingContext, acceptance: Acceptance): Promise<InvitingIdentity> {
  const { store, system, limits, host } = context;
  const now = system.now();
  const guesses = `invite:${acceptance.host}`;
  if ((await store.counters.read(guesses, now)) >= limits.inviteGuesses) {
    throw new OcmError("too-many-requests", { retryAfter: HOUR / 1000 });
  }
  const invite = await store.invites.byTokenHash(sha256(acceptance.token));
  const inviter = invite === undefined ? undefined : await host.users.find(invite.user);
  if (invite === undefined || inviter === undefined) {
    await store.counters.bump(guesses, now, now + HOUR);
    throw new OcmError("invite-unknown");
  }
  const identity: InvitingIdentity = { userID: inviter.id, email: inviter.email ?? "", name: inviter.displayName };
  const { requestId } = acceptance;
  await decideOn(context, store.invites, invite.id, { name: "invite-redeemed", requestId }, (found) => {
    if (found.status === "accepted") {
      const again = found.acceptedBy?.host === acceptance.host && found.acceptedBy.userID === acceptance.userID;
      throw new OcmError("invite-used", again ? { body: { ...identity } } : {});
    }
    if (found.status !== "open" || found.expiresAt <= now) throw new OcmError("invite-unknown");
    const { userID, name, email } = acceptance;
    const by = { host: acceptance.host, userID, name, email, at: now };
    const taken: Invite = { ...found, status: "accepted", endedAt: now, acceptedBy: by };
    const known = enqueue(taken, { type: "contact", requestId }, now);
    return enqueue(known, { type: "hook", detail: "onInviteAccepted", requestId }, now);
  });
  // The contact is written before the peer hears of it, so that a share that comes at once finds it.
  await awaitVerdict(context, invite);
  return identity;
}

/** An open invite whose time has come. */
export function expiredInvite(invite: Invite, now: number): Invite | undefined {
  return invite.status === "open" && invite.expiresAt <= now
    ? { ...invite, status: "expired", endedAt: now }
    : undefined;
}

/** What the owner of an invite is shown; never the token. */
export function inviteView(invite: Invite): InviteView {
  const by = invite.acceptedBy;
  return {
    id: invite.id,
    status: invite.status,
    note: invite.note,
    createdAt: invite.createdAt,
    expiresAt: invite.expiresAt,
    acceptedBy:
      by === null
        ? null
        : {
            address: formatAddress({ identifier: by.userID, host: by.host }),
            name: by.name,
            email: by.email,
            at: by.at,
          },
  };
}
