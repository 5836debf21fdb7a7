import { z } from "zod";

/**
 * The answers of the user API. The titles name the schemas in the OpenAPI document. `views.ts` makes values of exactly these
 * types out of the use cases' views.
 */
const time = z.iso.datetime().describe("RFC 3339, in UTC.");
const address = z.string().describe("OCM Address: identifier@host.");
const label = z.string().describe("Name and server, as a person should always see them together.");

export const permission = z.enum(["read", "write", "share"]);
export const incomingStatus = z.enum(["pending", "accepted", "declined", "ended"]);

const failure = z
  .object({
    code: z.string().describe("Stable; see docs/errors.md."),
    message: z.string(),
    at: time,
    status: z.number().int().nullable().describe("HTTP status of the other server, if it answered."),
  })
  .meta({ title: "Failure", description: "Why something did not work." });

const delivery = z
  .object({
    seq: z.number().int(),
    type: z.string(),
    detail: z.string(),
    to: z.string().nullable().describe("The other server; null for work on this one."),
    attempts: z.number().int(),
    createdAt: time,
    nextAttemptAt: time.nullable(),
    parked: z.boolean().describe("It is no longer tried by itself."),
    lastError: failure.nullable(),
    requestId: z.string().describe("The X-Request-Id that both servers log."),
  })
  .meta({ title: "Delivery", description: "What has not been acknowledged yet." });

export const me = z.object({ id: z.string(), displayName: z.string(), address }).meta({ title: "Me" });

const inviteFields = {
  id: z.string(),
  status: z.enum(["open", "accepted", "revoked", "expired"]),
  note: z.string().nullable(),
  createdAt: time,
  expiresAt: time,
  acceptedBy: z.object({ address, name: z.string(), email: z.string(), label, at: time }).nullable(),
};
export const invite = z.object(inviteFields).meta({ title: "Invite" });
export const newInvite = z
  .object({
    ...inviteFields,
    invite: z.string().describe("The invite string to send to the other person."),
    token: z.string(),
    link: z
      .string()
      .nullable()
      .describe(
        "The same as a link, to a page that leads the other person to their server; null: there is no such page.",
      ),
  })
  .meta({ title: "NewInvite", description: "The invite string, its token and the link are shown this one time." });

export const contact = z
  .object({
    id: z.string(),
    address: address.nullable().describe("OCM Address; null until the inviting server has told it."),
    host: z.string(),
    name: z.string(),
    email: z.string(),
    label,
    status: z.enum(["accepting", "active", "failed", "removed"]),
    origin: z.enum(["invite-sent", "invite-accepted"]),
    reason: failure.nullable(),
    createdAt: time,
  })
  .meta({ title: "Contact" });

export const sentShare = z
  .object({
    id: z.string(),
    path: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    resourceType: z.enum(["file", "folder"]),
    shareWith: address,
    label,
    permissions: z.array(permission),
    status: z.enum(["announcing", "pending", "accepted", "declined", "rejected", "revoked", "expired"]),
    strict: z.boolean().describe("It is opened by access tokens only."),
    reason: failure.nullable(),
    recipientDisplayName: z.string().nullable(),
    createdAt: time,
    expiresAt: time.nullable(),
    endedAt: time.nullable(),
    deliveries: z.array(delivery),
  })
  .meta({ title: "SentShare" });

export const receivedShare = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    resourceType: z.string(),
    sender: address,
    senderLabel: label,
    owner: address,
    ownerLabel: label,
    senderDisplayName: z.string().nullable(),
    ownerDisplayName: z.string().nullable(),
    permissions: z.array(permission),
    requirements: z.array(z.string()),
    status: incomingStatus,
    endedBy: z.enum(["owner", "expiry", "person", "account-removed", "contact-removed"]).nullable(),
    access: z.enum(["unknown", "ok", "refused", "unreachable"]).describe("What the last use showed. It ends no share."),
    accessEvidence: failure.nullable(),
    warnings: z.array(z.string()),
    lastKnown: z
      .object({ size: z.number().int().nullable(), modifiedAt: time.nullable(), at: time })
      .nullable()
      .describe("Size and time of the resource as they were last seen."),
    createdAt: time,
    expiresAt: time.nullable(),
    endedAt: time.nullable(),
    deliveries: z.array(delivery),
  })
  .meta({ title: "ReceivedShare" });

const entry = z
  .object({
    name: z.string(),
    path: z.string().describe("Relative to the share; empty for the share itself."),
    type: z.enum(["file", "folder"]),
    size: z.number().int().nullable(),
    modifiedAt: time.nullable(),
    etag: z.string().nullable().describe("As in the ETag header, with its quotes."),
    mediaType: z.string().nullable(),
    quotaAvailable: z
      .number()
      .int()
      .optional()
      .describe("Bytes that may still be written at the owner; with the share itself, where its server tells them."),
  })
  .meta({ title: "Entry" });
export const openedEntry = z
  .object({
    entry,
    children: z.array(entry).optional().describe("Present for a folder."),
    stale: z
      .object({ at: time.describe("When the owner's server said this."), reason: failure })
      .nullable()
      .describe("Set where the owner's server is of no use at the moment: then this is what it said the last time."),
  })
  .meta({ title: "OpenedEntry" });

export const person = z
  .object({
    address,
    name: z.string(),
    server: z.string(),
    label,
    source: z.enum(["local", "contact", "share", "address"]).describe("Where the person was found."),
  })
  .meta({ title: "Person" });

/** A page of a list; `next` is absent on the last one. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z
    .object({ items: z.array(item), next: z.string().optional().describe("The `after` of the next page.") })
    .meta({ title: `${item.meta()?.title ?? "Item"}Page` });
}

/** What every failure of this server answers with. */
export const errorBody = z
  .object({
    code: z.string().describe("Stable; see docs/errors.md."),
    message: z.string().describe("For a person."),
    next: z.string().describe("What that person can do."),
    requestId: z.string().describe("Name it when you ask the operator."),
    validationErrors: z.array(z.object({ name: z.string(), message: z.string() })).optional(),
  })
  .meta({ title: "Error" });
