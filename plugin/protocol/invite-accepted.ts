import { canonicalHost, stripOwnHost } from "./address.ts";
import { OcmError } from "./errors.ts";
import { type Fields, fieldsOf, finish, isPresent, optionalText, requiredText, wrong } from "./fields.ts";
import { isObject, type JsonObject } from "./json.ts";

/** Who a person of an invite is, told by that person's server (draft sections 4.4.3 and 4.4.4). */
export interface Identity {
  /** Identifier at the server of that person, without its host. */
  userID: string;
  /** Informational; may be empty. */
  email: string;
  name: string;
}

/** An Invite Acceptance Request (draft section 4.4.3). */
export interface InviteAcceptance extends Identity {
  /** Canonical host[:port] of the server that accepts. */
  recipientProvider: string;
  token: string;
}

/** Reads the body of POST /invite-accepted. @throws OcmError invalid-fields */
export function decodeInviteAccepted(json: unknown): InviteAcceptance {
  const fields = fieldsOf(json);
  const recipientProvider = requiredHost(fields, "recipientProvider");
  const acceptance = {
    recipientProvider,
    token: requiredText(fields, "token"),
    ...identity(fields, recipientProvider),
  };
  finish(fields);
  return acceptance;
}

/** Writes the body of POST /invite-accepted. */
export function encodeInviteAccepted({ recipientProvider, token, userID, email, name }: InviteAcceptance): JsonObject {
  return { recipientProvider, token, userID, email, name };
}

/**
 * Reads the answer of the inviting server: the body of a 200, or of a 409 that tells the identity again (G-18).
 * @param host canonical host of the server that answered
 * @throws OcmError peer-incompatible when it does not say who invited
 */
export function decodeInviteAnswer(json: unknown, host: string): Identity {
  const fields: Fields = { object: isObject(json) ? json : {}, path: "", errors: [] };
  const inviter = identity(fields, host);
  if (fields.errors.length > 0) {
    const wrongFields = fields.errors.map((error) => error.name).join(", ");
    throw new OcmError("peer-incompatible", {
      message: `The other server did not say who made the invite: ${wrongFields} is missing or not valid.`,
    });
  }
  return inviter;
}

/** Writes the answer to an accepted invite, for a 200, or for a 409 to whoever has accepted it before. */
export function encodeInviteAnswer({ userID, email, name }: Identity): { userID: string; email: string; name: string } {
  return { userID, email, name };
}

/** One build of Nextcloud writes `userId`. A missing email is an empty one (G-63), and so is an empty name. */
function identity(fields: Fields, host: string): Identity {
  const userID = requiredText(
    fields,
    isPresent(fields, "userID") || !isPresent(fields, "userId") ? "userID" : "userId",
  );
  if (fields.object.name === undefined || fields.object.name === null) wrong(fields, "name", "REQUIRED");
  return {
    userID: stripOwnHost(userID, host),
    email: optionalText(fields, "email") ?? "",
    name: optionalText(fields, "name") ?? "",
  };
}

function requiredHost(fields: Fields, name: string): string {
  const text = requiredText(fields, name);
  if (text === "") return "";
  try {
    return canonicalHost(text);
  } catch {
    wrong(fields, name, "NOT_A_HOST");
    return "";
  }
}
