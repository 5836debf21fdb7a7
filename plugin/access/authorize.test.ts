import { describe, expect, it } from "vitest";
import type { OutgoingShare } from "../ports/records.ts";
import { OcmError } from "../protocol/errors.ts";
import { authorizeShare, stillOpen } from "./authorize.ts";
import { errorReply } from "./dav/error-reply.ts";
import { openShare } from "./open-share.ts";
import { outgoingShare, sha256, testSealer } from "./share-server.test-helper.ts";

const NOW = 1_000_000;
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

function setting(...shares: OutgoingShare[]) {
  const sealer = testSealer();
  const store = {
    get: async (id: string) => shares.find((share) => share.id === id),
    bySecretHash: async (hash: string) => shares.find((share) => share.secretHash === hash),
  };
  const token = (share: string, epoch = 1, expiresAt = NOW + 1) =>
    `Bearer ${sealer.issueToken({ share, epoch, expiresAt })}`;
  const open = async (authorization: string | undefined, providerId: string | null = "share-1") => {
    try {
      return (await authorizeShare({ authorization, providerId, store, sealer, now: NOW })).id;
    } catch (error) {
      if (error instanceof OcmError && error.code === "unauthenticated") return "refused";
      throw error;
    }
  };
  return { sealer, store, token, open };
}

describe("what opens a share (table 4.1)", () => {
  it("is a token alone where it is strict", async () => {
    const { open, token } = setting(outgoingShare({ strict: true, legacyBasic: true }));
    expect(await open(token("share-1"))).toBe("share-1");
    expect(await open("Bearer s3cret")).toBe("refused");
    expect(await open(basic("s3cret:"))).toBe("refused");
    expect(await open(basic("s3cret:"), null)).toBe("refused");
    expect(await open("Bearer s3cret", null)).toBe("refused");
  });

  it("is a token or the secret, as Bearer or Basic, where it is not (G-35)", async () => {
    const { open, token } = setting(outgoingShare());
    expect(await open(token("share-1"))).toBe("share-1");
    expect(await open("Bearer s3cret")).toBe("share-1");
    expect(await open("bearer s3cret")).toBe("share-1");
    expect(await open(basic("s3cret:"))).toBe("share-1");
    expect(await open(basic("s3cret:"), null)).toBe("refused");
    expect(await open("Bearer s3cret", null)).toBe("refused");
    expect(await open(token("share-1"), null)).toBe("refused");
  });

  it("answers at the prefix itself, with any password, where it was sent in the deprecated form", async () => {
    const { open, token } = setting(outgoingShare({ legacyBasic: true }));
    for (const credentials of ["s3cret:", "s3cret", "s3cret:::", "s3cret:x"]) {
      expect(await open(basic(credentials))).toBe("share-1");
      expect(await open(basic(credentials), null)).toBe("share-1");
    }
    expect(await open(token("share-1"), null)).toBe("share-1");
    expect(await open("Bearer s3cret", null)).toBe("share-1");
    expect(await open(basic("wrong:"), null)).toBe("refused");
  });

  it("is no token that is over, of another epoch or of another share", async () => {
    const { open, token } = setting(outgoingShare(), outgoingShare({ id: "share-2", secretHash: sha256("other") }));
    expect(await open(token("share-1", 1, NOW))).toBe("refused");
    expect(await open(token("share-1", 0))).toBe("refused");
    expect(await open(token("share-2"))).toBe("refused");
    expect(await open("Bearer other")).toBe("refused");
    expect(await open(token("share-2"), "share-2")).toBe("share-2");
  });

  it("is nothing malformed", async () => {
    const { open } = setting(outgoingShare({ legacyBasic: true, secretHash: sha256("") }));
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Basic",
      "Basic Og==",
      "Digest s3cret",
      "Bearer a b",
    ]) {
      expect(await open(authorization)).toBe("refused");
      expect(await open(authorization, null)).toBe("refused");
    }
  });

  it.each(["announcing", "pending", "accepted"] as const)("opens it while it is %s", async (status) => {
    const { open } = setting(outgoingShare({ status }));
    expect(await open("Bearer s3cret")).toBe("share-1");
  });

  it.each(["declined", "rejected", "revoked", "expired"] as const)("opens it no more once it is %s", async (status) => {
    const { open, token } = setting(outgoingShare({ status }));
    expect(await open("Bearer s3cret")).toBe("refused");
    expect(await open(token("share-1"))).toBe("refused");
  });

  it("opens it no more from the moment on that it expires at (G-43)", async () => {
    expect(await setting(outgoingShare({ expiresAt: NOW })).open("Bearer s3cret")).toBe("refused");
    expect(await setting(outgoingShare({ expiresAt: NOW + 1 })).open("Bearer s3cret")).toBe("share-1");
  });

  it("is asked for by the same answer whether the share is unknown, foreign or over, and never as Basic", async () => {
    const { store, sealer, token } = setting(outgoingShare(), outgoingShare({ id: "ended", status: "revoked" }));
    const replies = await Promise.all(
      [
        ["Bearer wrong", "share-1"],
        ["Bearer s3cret", "unknown"],
        [token("unknown"), "share-1"],
        ["Bearer s3cret", "ended"],
        [basic("wrong:"), null],
      ].map(async ([authorization, providerId = null]) => {
        const claim = { authorization: authorization ?? undefined, providerId, store, sealer, now: NOW };
        const error = await authorizeShare(claim).catch((refusal) => refusal);
        const { status, headers, body } = errorReply(error);
        return { status, headers, body: String(body) };
      }),
    );
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(replies[0]).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer realm="OCM"' } });
  });
});

describe("the address of a share", () => {
  const claim = (setup: ReturnType<typeof setting>, authorization: string) => ({
    authorization,
    store: setup.store,
    sealer: setup.sealer,
    now: NOW,
  });

  it("is split into the share and the path in it, undecoded", async () => {
    const setup = setting(outgoingShare());
    const opened = (rest: string) => openShare(rest, "/cloud/ocm/dav", claim(setup, "Bearer s3cret"));
    expect(await opened("/share-1")).toMatchObject({ base: "/cloud/ocm/dav/share-1", path: "" });
    expect(await opened("/share-1/a%2fb/")).toMatchObject({ base: "/cloud/ocm/dav/share-1", path: "/a%2fb/" });
    await expect(opened("/share-2/a")).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(opened("")).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("is the prefix itself in the deprecated form, with or without the share's id", async () => {
    const setup = setting(outgoingShare({ legacyBasic: true }));
    const opened = (rest: string) => openShare(rest, "/ocm/dav", claim(setup, basic("s3cret:")));
    expect(await opened("/")).toMatchObject({ base: "/ocm/dav", path: "/" });
    expect(await opened("/folder/a")).toMatchObject({ base: "/ocm/dav", path: "/folder/a" });
    expect(await opened("/share-1/a")).toMatchObject({ base: "/ocm/dav/share-1", path: "/a" });
  });
});

describe("a share in use", () => {
  it("stays open until its record says otherwise", async () => {
    let record: OutgoingShare | undefined = outgoingShare();
    const valid = stillOpen(outgoingShare(), { outgoing: { get: async () => record } }, { now: () => NOW });
    expect(await valid()).toBe(true);
    record = outgoingShare({ epoch: 2 });
    expect(await valid()).toBe(false);
    record = outgoingShare({ expiresAt: NOW });
    expect(await valid()).toBe(false);
    record = undefined;
    expect(await valid()).toBe(false);
  });
});
