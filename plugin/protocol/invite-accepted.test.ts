import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, hosts, identifiers, outcome, problemsOf } from "./arbitraries.test-helper.ts";
import {
  decodeInviteAccepted,
  decodeInviteAnswer,
  encodeInviteAccepted,
  encodeInviteAnswer,
} from "./invite-accepted.ts";

const body = {
  recipientProvider: "receiver.example",
  token: "3f9c",
  userID: "richard",
  email: "richard@mail.example",
  name: "Richard Feynman",
};

describe("an invite acceptance request", () => {
  it("is read as it is written, with all five fields (INV-10 to INV-15)", () => {
    fc.assert(
      fc.property(hosts, identifiers, identifiers, identifiers, (recipientProvider, token, userID, name) => {
        fc.pre(!userID.includes("@"));
        const acceptance = { recipientProvider, token, userID, email: "", name };
        expect(decodeInviteAccepted(encodeInviteAccepted(acceptance))).toEqual(acceptance);
      }),
    );
    expect(encodeInviteAccepted(decodeInviteAccepted(body))).toEqual(body);
  });

  it("may have an empty or no email (G-63, INV-14)", () => {
    const { email: _, ...rest } = body;
    expect(decodeInviteAccepted(rest).email).toBe("");
    expect(decodeInviteAccepted({ ...body, email: "" }).email).toBe("");
  });

  it("is refused with a list of all that is missing (INV-10, INV-11, INV-13, INV-15)", () => {
    expect(problemsOf(() => decodeInviteAccepted({}))).toEqual([
      "recipientProvider REQUIRED",
      "token REQUIRED",
      "userID REQUIRED",
      "name REQUIRED",
    ]);
    expect(
      problemsOf(() => decodeInviteAccepted({ ...body, recipientProvider: "a/b", token: 1, userID: [], name: 2 })),
    ).toEqual(["recipientProvider NOT_A_HOST", "token NOT_A_STRING", "userID NOT_A_STRING", "name NOT_A_STRING"]);
  });

  it.each([
    ["OpenCloud", "9a1c@https://receiver.example", "9a1c"],
    ["oCIS 8", "9a1c@receiver.example", "9a1c"],
    ["CERNBox", "einstein", "einstein"],
    ["ocmgo", "MDE5MEBnby5leGFtcGxl", "MDE5MEBnby5leGFtcGxl"],
    ["a server of e-mail addresses", "x@mail.example", "x@mail.example"],
  ])("takes the userID of %s (G-05)", (_vendor, userID, identifier) => {
    expect(decodeInviteAccepted({ ...body, userID }).userID).toBe(identifier);
  });

  it("takes userId, as one build of Nextcloud writes it, and a provider with a scheme", () => {
    const { userID: _, ...rest } = body;
    const acceptance = decodeInviteAccepted({
      ...rest,
      userId: "richard",
      recipientProvider: "https://Receiver.example/",
    });
    expect(acceptance).toEqual(body);
  });

  it("keeps the port of the provider (G-04)", () => {
    expect(decodeInviteAccepted({ ...body, recipientProvider: "r.example:8443" }).recipientProvider).toBe(
      "r.example:8443",
    );
  });

  it("throws nothing but OcmError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken(body)), (json) => {
        expect(outcome(() => decodeInviteAccepted(json))).not.toBeInstanceOf(Error);
      }),
    );
  });
});

describe("the answer to it", () => {
  it("is read as it is written (INV-22 to INV-24)", () => {
    const identity = { userID: "john", email: "john@sender.example", name: "John Doe" };
    expect(decodeInviteAnswer(encodeInviteAnswer(identity), "sender.example")).toEqual(identity);
  });

  it("is reduced to the identifier at that host (G-05)", () => {
    const answer = { userID: "u1@https://sender.example", email: "", name: "John" };
    expect(decodeInviteAnswer(answer, "sender.example").userID).toBe("u1");
  });

  it.each([undefined, null, [], "ok", {}, { userID: "" }, { userID: "a" }, { name: "A" }, { userID: 7, name: "A" }])(
    "is refused as %j, in a sentence (INV-22)",
    (answer) => {
      expect(outcome(() => decodeInviteAnswer(answer, "h"))).toBe("peer-incompatible");
      expect(() => decodeInviteAnswer(answer, "h")).toThrow(/did not say who made the invite: .* (is|are) missing/);
    },
  );

  it("throws nothing but OcmError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken({ userID: "a", email: "b", name: "c" })), hosts, (json, host) => {
        expect(outcome(() => decodeInviteAnswer(json, host))).not.toBeInstanceOf(Error);
      }),
    );
  });
});
