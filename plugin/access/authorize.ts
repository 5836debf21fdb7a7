import { createHash, timingSafeEqual } from "node:crypto";
import type { Sealer } from "../ports/crypto.ts";
import type { OutgoingShare } from "../ports/records.ts";
import type { OutgoingShares, Store } from "../ports/store.ts";
import type { System } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";

/** What came with a request for a share's resource. */
export interface ShareClaim {
  /** The Authorization header. */
  authorization: string | undefined;
  /** The share that the address names; null where the address is the prefix itself (the deprecated form). */
  providerId: string | null;
  store: Pick<OutgoingShares, "get" | "bySecretHash">;
  sealer: Pick<Sealer, "readToken">;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

/**
 * The share that a request may use (normative.md part 4.1, second table; draft section 9). An access token opens every share, the
 * secret only one that is not strict: as Bearer, or as Basic (`secret:`, any password), which deployed servers use with every form (G-35).
 * Only a share that was sent in the deprecated form answers at the prefix itself. A share that waits for an answer can be read, because receiving servers look before
 * they accept.
 * @throws OcmError unauthenticated, with the same words for whatever is wrong
 */
export async function authorizeShare(claim: ShareClaim): Promise<OutgoingShare> {
  const share = await claimedShare(claim);
  if (share === undefined || !isOpen(share, claim.now)) throw unauthenticated();
  if (claim.providerId === null && !share.legacyBasic) throw unauthenticated();
  return share;
}

/** Is the share in a state in which its resource can be used? */
function isOpen(share: OutgoingShare, now: number): boolean {
  return OPEN.has(share.status) && (share.expiresAt === null || now < share.expiresAt);
}

const OPEN: ReadonlySet<string> = new Set(["announcing", "pending", "accepted"]);

/** Looks at the record again: is this share still open, and no token of its time withdrawn? For `stillValid` of `serveShare`. */
export function stillOpen(
  share: Pick<OutgoingShare, "id" | "epoch">,
  store: { outgoing: Pick<Store["outgoing"], "get"> },
  system: Pick<System, "now">,
): () => Promise<boolean> {
  return async () => {
    const current = await store.outgoing.get(share.id);
    return current !== undefined && current.epoch === share.epoch && isOpen(current, system.now());
  };
}

async function claimedShare(claim: ShareClaim): Promise<OutgoingShare | undefined> {
  const credential = parseAuthorization(claim.authorization);
  if (credential === undefined) return undefined;
  const token = credential.scheme === "bearer" ? claim.sealer.readToken(credential.value) : undefined;
  if (token !== undefined) {
    if (claim.now >= token.expiresAt || (claim.providerId ?? token.share) !== token.share) return undefined;
    const share = await claim.store.get(token.share);
    return share?.epoch === token.epoch ? share : undefined;
  }
  const hash = createHash("sha256").update(credential.value).digest();
  const share = await (claim.providerId === null
    ? claim.store.bySecretHash(hash.toString("hex"))
    : claim.store.get(claim.providerId));
  if (share === undefined || !sameHash(share.secretHash, hash) || share.strict) return undefined;
  return share;
}

function sameHash(stored: string, hash: Buffer): boolean {
  const expected = Buffer.from(stored, "hex");
  return expected.length === hash.length && timingSafeEqual(expected, hash);
}

/** Bearer with a token or secret; Basic with the secret as user, where the password counts for nothing. */
function parseAuthorization(value: string | undefined): { scheme: "bearer" | "basic"; value: string } | undefined {
  const [, scheme = "", credentials = ""] = /^(bearer|basic) +([^\s]+) *$/i.exec(value ?? "") ?? [];
  if (scheme.toLowerCase() === "bearer") return { scheme: "bearer", value: credentials };
  const [user = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":");
  return user === "" ? undefined : { scheme: "basic", value: user };
}

function unauthenticated(): OcmError {
  return new OcmError("unauthenticated", { message: "The credentials open no share at this address." });
}
