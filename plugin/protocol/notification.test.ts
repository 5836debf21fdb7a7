import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, identifiers, outcome, problemsOf } from "./arbitraries.test-helper.ts";
import { OcmError } from "./errors.ts";
import { decodeNotification, encodeNotification, type NotificationType } from "./notification.ts";

const types: NotificationType[] = ["SHARE_ACCEPTED", "SHARE_DECLINED", "SHARE_UNSHARED", "USER_REMOVED"];
const accepted = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: "7c08" };
const read = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: "7c08", sharedSecret: null };

describe("decodeNotification", () => {
  it("reads what encodeNotification writes (NOTIF-06 to NOTIF-10, G-46, G-47)", () => {
    const secrets = fc.option(fc.base64String({ minLength: 1 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        identifiers,
        identifiers,
        secrets,
        (notificationType, providerId, resourceType, sharedSecret) => {
          const notification = { notificationType, providerId, resourceType, sharedSecret };
          expect(decodeNotification(encodeNotification(notification))).toEqual(notification);
        },
      ),
    );
  });

  it.each([
    [
      "Nextcloud",
      { ...accepted, providerId: 42, notification: { sharedSecret: "s3", message: "Recipient accept the share" } },
      { ...read, providerId: "42", sharedSecret: "s3" },
    ],
    [
      "ownCloud 10",
      { ...accepted, notification: { sharedSecret: "s3", message: "m" } },
      { ...read, sharedSecret: "s3" },
    ],
    ["ocmgo", accepted, read],
    [
      "oCIS",
      { ...accepted, notificationType: "SHARE_UNSHARED", notification: { grantee: "bob" } },
      { ...read, notificationType: "SHARE_UNSHARED" },
    ],
    [
      "the OCM stub",
      { type: "SHARE_ACCEPTED", resourceType: "file", providerId: "7c08", notification: { sharedSecret: "s3" } },
      { ...read, sharedSecret: "s3" },
    ],
    [
      "Atomic Server 1.5",
      {
        notificationType: "SHARE_ACCEPTED",
        senderDomain: "a.example",
        resourceType: "file",
        notification: { file: { providerId: "7c08" } },
      },
      read,
    ],
    ["PHP, with an empty list for nothing", { ...accepted, notification: [] }, read],
    [
      "a peer that names no resource type",
      { notificationType: "SHARE_ACCEPTED", providerId: "7c08" },
      { ...read, resourceType: null },
    ],
  ])("reads a notification of %s (Y-13, G-07)", (_vendor, body, notification) => {
    expect(decodeNotification(body)).toEqual(notification);
  });

  it.each(["REQUEST_RESHARE", "RESHARE_UNDO", "RESHARE_CHANGE_PERMISSION", "SHARE_CHANGE_PERMISSION", "MLS_COMMIT"])(
    "answers %s with 501, whatever else is in it (G-20, DEL-03)",
    (notificationType) => {
      expect(outcome(() => decodeNotification({ notificationType }))).toBe("notification-unsupported");
      expect(new OcmError("notification-unsupported").status).toBe(501);
    },
  );

  it.each(["ROOM_MODIFIED", "share_accepted", "constructor", "toString"])(
    "does not know %s (G-20)",
    (notificationType) => {
      expect(outcome(() => decodeNotification({ notificationType, providerId: "1" }))).toBe("notification-unknown");
    },
  );

  it("is refused with a list of all that is missing (NOTIF-06, NOTIF-08)", () => {
    const problems = (json: unknown) => problemsOf(() => decodeNotification(json));
    expect(problems({})).toEqual(["notificationType REQUIRED", "providerId REQUIRED"]);
    expect(problems({ notificationType: "SHARE_ACCEPTED", providerId: "" })).toEqual(["providerId REQUIRED"]);
    expect(problems({ ...accepted, providerId: 1.5, resourceType: 1, notification: { sharedSecret: 1 } })).toEqual([
      "providerId NOT_A_STRING",
      "resourceType NOT_A_STRING",
      "notification.sharedSecret NOT_A_STRING",
    ]);
  });

  it("throws nothing but OcmError", () => {
    const valid = { ...accepted, notification: { sharedSecret: "s", file: { providerId: "1" } } };
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken(valid)), (json) => {
        expect(outcome(() => decodeNotification(json))).not.toBeInstanceOf(Error);
      }),
    );
  });
});

describe("encodeNotification", () => {
  it("always names a resource type, `user` for a user (Y-13, G-46)", () => {
    const notification = { providerId: "1", resourceType: null, sharedSecret: null };
    expect(encodeNotification({ ...notification, notificationType: "USER_REMOVED" }).resourceType).toBe("user");
    expect(encodeNotification({ ...notification, notificationType: "SHARE_UNSHARED" }).resourceType).toBe("file");
  });

  it("always has an object `notification`, with a secret only where one is given", () => {
    const notification = { notificationType: "SHARE_ACCEPTED" as const, providerId: "1", resourceType: "file" };
    expect(encodeNotification({ ...notification, sharedSecret: null }).notification).toEqual({
      message: expect.any(String),
    });
    expect(encodeNotification({ ...notification, sharedSecret: "s" }).notification).toMatchObject({
      sharedSecret: "s",
    });
  });
});
