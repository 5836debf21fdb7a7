import { OcmError } from "./errors.ts";
import {
  type Fields,
  fieldsOf,
  finish,
  innerFields,
  isPresent,
  optionalText,
  requiredId,
  requiredText,
} from "./fields.ts";
import { isObject, type JsonObject } from "./json.ts";

/** The notifications that this server acts on and sends. */
export type NotificationType = "SHARE_ACCEPTED" | "SHARE_DECLINED" | "SHARE_UNSHARED" | "USER_REMOVED";

/** A notification (draft section 8.1). */
export interface Notification {
  notificationType: NotificationType;
  /** Of the share; with USER_REMOVED the identifier of the user (G-46). */
  providerId: string;
  resourceType: string | null;
  /** Proof of peers that do not sign (G-07). */
  sharedSecret: string | null;
}

/** What is sent along for people who read logs. Servers that read `notification` without looking whether it is there need it. */
const MESSAGES: Record<NotificationType, string> = {
  SHARE_ACCEPTED: "The recipient accepted the share.",
  SHARE_DECLINED: "The recipient declined the share or left it.",
  SHARE_UNSHARED: "The resource is no longer shared.",
  USER_REMOVED: "The user is gone.",
};

/** Registered or deployed, but out of scope here (part 12 and 13 of the draft, OCM-MLS, oCIS). */
const UNSUPPORTED = new Set([
  "REQUEST_RESHARE",
  "RESHARE_UNDO",
  "RESHARE_CHANGE_PERMISSION",
  "SHARE_CHANGE_PERMISSION",
  "MLS_WELCOME",
  "MLS_PROPOSAL",
  "MLS_COMMIT",
  "MLS_APPLICATION",
  "MLS_REJOIN",
]);

/**
 * Reads the body of POST /notifications (draft section 8.1).
 * @throws OcmError invalid-fields, notification-unknown, notification-unsupported
 */
export function decodeNotification(json: unknown): Notification {
  const fields = fieldsOf(json);
  // The OCM stub writes `type`.
  const typeField = isPresent(fields, "notificationType") || !isPresent(fields, "type") ? "notificationType" : "type";
  const type = requiredText(fields, typeField);
  const details = isObject(fields.object.notification)
    ? innerFields(fields, "notification", fields.object.notification)
    : null;
  if (!isSupported(type)) {
    // Other types may have no providerId, so it is missed only where no type was sent.
    if (type === "") readProviderId(fields, details);
    finish(fields);
    throw new OcmError(UNSUPPORTED.has(type) ? "notification-unsupported" : "notification-unknown");
  }
  const notification: Notification = {
    notificationType: type,
    providerId: readProviderId(fields, details),
    resourceType: optionalText(fields, "resourceType"),
    sharedSecret: details === null ? null : optionalText(details, "sharedSecret"),
  };
  finish(fields);
  return notification;
}

/** Writes the body of POST /notifications. The secret is for peers that do not sign, and of no use to others. */
export function encodeNotification({
  notificationType,
  providerId,
  resourceType,
  sharedSecret,
}: Notification): JsonObject {
  const message = MESSAGES[notificationType];
  return {
    notificationType,
    resourceType: resourceType ?? (notificationType === "USER_REMOVED" ? "user" : "file"),
    providerId,
    notification: sharedSecret === null ? { message } : { message, sharedSecret },
  };
}

function isSupported(type: string): type is NotificationType {
  return Object.hasOwn(MESSAGES, type);
}

/** Version 1.5 of the API moves it into `notification.file`. */
function readProviderId(fields: Fields, details: Fields | null): string {
  const file = details?.object.file;
  if (!isPresent(fields, "providerId") && details !== null && isObject(file)) {
    return requiredId(innerFields(details, "file", file), "providerId");
  }
  return requiredId(fields, "providerId");
}
