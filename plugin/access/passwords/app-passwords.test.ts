import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { passwordsApi } from "./app-passwords.ts";
import { hashOf, newPassword, readPassword } from "./password-text.ts";
import { handClock, memoryPasswords } from "./passwords.test-helper.ts";

function setup() {
  const passwords = memoryPasswords();
  const system = handClock();
  return { passwords, system, api: passwordsApi({ store: { passwords }, system }) };
}

describe("app passwords", () => {
  it("are shown once and kept as a hash only", async () => {
    const { api, passwords, system } = setup();
    const made = await api.create("alice", " My phone ");
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: "My phone",
      createdAt: system.at,
      lastUsedAt: null,
      password: expect.stringMatching(/^([0-9a-hjkmnp-tv-z]{4}-){7}[0-9a-hjkmnp-tv-z]{4}$/),
    });
    const { password, ...shown } = made;
    expect(await api.list("alice")).toEqual([shown]);
    expect(passwords.records).toMatchObject([{ user: "alice", hash: hashOf(password) }]);
    expect(JSON.stringify(passwords.records)).not.toContain(password);
  });

  it("are of one person: nobody else lists or revokes them", async () => {
    const { api } = setup();
    const { id } = await api.create("alice", "phone");
    expect(await api.list("bob")).toEqual([]);
    await expect(api.revoke("bob", id)).rejects.toMatchObject({ code: "not-found" });
    await api.revoke("alice", id);
    expect(await api.list("alice")).toEqual([]);
    await expect(api.revoke("alice", id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("are at most a hundred a person", async () => {
    const { api } = setup();
    for (let count = 0; count < 100; count += 1) await api.create("alice", `program ${count}`);
    await expect(api.create("alice", "one more")).rejects.toMatchObject({ code: "too-many-requests", status: 429 });
    await expect(api.create("bob", "phone")).resolves.toMatchObject({ name: "phone" });
    const [oldest] = await api.list("alice");
    await api.revoke("alice", oldest?.id ?? "");
    await expect(api.create("alice", "one more")).resolves.toMatchObject({ name: "one more" });
  });

  it.each(["", "   ", "x".repeat(101), "a\u0000b", "a\nb", "\ud800"])(
    "have a name that can be shown, not %j",
    async (name) => {
      const { api, passwords } = setup();
      await expect(api.create("alice", name)).rejects.toMatchObject({
        code: "invalid-fields",
        validationErrors: [{ name: "name", message: expect.any(String) }],
      });
      expect(passwords.records).toEqual([]);
    },
  );

  it("take a name of a hundred characters", async () => {
    const { api } = setup();
    expect((await api.create("alice", "ö".repeat(100))).name).toHaveLength(100);
  });
});

describe("the text of a password", () => {
  it("is read however it was typed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const password = newPassword({ random: () => Buffer.from(bytes) });
        expect(readPassword(password)).toBe(password);
        expect(readPassword(password.toUpperCase().replaceAll("-", " "))).toBe(password);
        expect(readPassword(password.replaceAll("-", ""))).toBe(password);
      }),
    );
  });

  it("has all of its random bits", () => {
    const passwords = Array.from({ length: 256 }, (_, byte) => newPassword({ random: () => Buffer.alloc(32, byte) }));
    expect(new Set(passwords).size).toBe(32);
  });

  it.each(["", "secret", "0000-0000", "u".repeat(32), "0".repeat(33), `${"0".repeat(32)}${"-".repeat(100_000)}`])(
    "is no other text (%#)",
    (text) => {
      expect(readPassword(text)).toBeUndefined();
    },
  );
});
