import { describe, expect, it } from "vitest";
import { passwordsApi } from "./app-passwords.ts";
import { authenticatePassword, refuseCredentials } from "./authenticate-password.ts";
import { basic, handClock, memoryCounters, memoryPasswords } from "./passwords.test-helper.ts";

const MINUTE = 60_000;

async function setup(user = "alice") {
  const passwords = memoryPasswords();
  const counters = memoryCounters();
  const system = handClock();
  const accounts = new Set([user, "bob"]);
  const deps = {
    store: { passwords, counters },
    users: { find: async (id: string) => (accounts.has(id) ? { id, displayName: id } : undefined) },
    system,
    ownHost: "a.example:8443",
  };
  const api = passwordsApi(deps);
  const { id, password } = await api.create(user, "phone");
  return { api, passwords, counters, system, accounts, deps, id, password };
}

describe("authenticating with an app password", () => {
  it.each([
    ["the identifier", "alice", "alice"],
    ["the OCM Address", "alice", "alice@a.example:8443"],
    ["the OCM Address in capitals of the host", "alice", "alice@A.Example:8443"],
    ["an identifier with a colon", "team:alice", "team:alice"],
    ["an identifier with an @", "alice@mail.example", "alice@mail.example"],
    ["the OCM Address of such a one", "alice@mail.example", "alice@mail.example@a.example:8443"],
    ["composed accents", "Zoe\u0308", "Zo\u00eb"],
  ])("takes %s as user name", async (_, user, userName) => {
    const { deps, password, id } = await setup(user);
    expect(await authenticatePassword(deps, basic(userName, password))).toEqual({ user, passwordId: id });
  });

  it.each(["bob", "Alice", "", "alice@b.example", "alice@", "alice@a.example", "@a.example:8443"])(
    "does not take %j for alice",
    async (userName) => {
      const { deps, password } = await setup();
      expect(await authenticatePassword(deps, basic(userName, password))).toBeUndefined();
    },
  );

  it("takes nothing else for a password", async () => {
    const { deps, password } = await setup();
    const wrong = password.startsWith("0") ? `1${password.slice(1)}` : `0${password.slice(1)}`;
    const none = [
      undefined,
      "",
      "Basic",
      "Basic !!!!",
      `Bearer ${password}`,
      `Basic ${Buffer.from(password).toString("base64")}`,
      basic("alice", wrong),
      basic("alice", ""),
      basic("alice", `${password}0`),
    ];
    for (const header of none) expect(await authenticatePassword(deps, header)).toBeUndefined();
  });

  it("ends with the password, and with the account", async () => {
    const { api, deps, accounts, password, id } = await setup();
    const header = basic("alice", password);
    accounts.delete("alice");
    expect(await authenticatePassword(deps, header)).toBeUndefined();
    accounts.add("alice");
    expect(await authenticatePassword(deps, header)).toBeDefined();
    await api.revoke("alice", id);
    expect(await authenticatePassword(deps, header)).toBeUndefined();
  });

  it("notes the day of the last use, once a day", async () => {
    const { deps, passwords, system, password, id, api } = await setup();
    const use = () => authenticatePassword(deps, basic("alice", password));
    await use();
    await use();
    expect(passwords.written).toEqual([id]);
    expect(await api.list("alice")).toMatchObject([{ lastUsedAt: Date.UTC(2026, 10, 25) }]);
    system.at += 12 * 60 * MINUTE;
    await use();
    await use();
    expect(passwords.written).toEqual([id, id]);
    expect(await api.list("alice")).toMatchObject([{ lastUsedAt: Date.UTC(2026, 10, 26) }]);
  });
});

describe("guessing at app passwords", () => {
  it("is slowed after thirty wrong ones within five minutes, for this user name only", async () => {
    const { deps, counters, system, password } = await setup();
    system.at += MINUTE;
    const guess = (userName = "alice") => refuseCredentials(deps, basic(userName, "wrong"));
    for (let count = 0; count < 30; count += 1) expect(await guess()).toMatchObject({ status: 401 });
    expect(await guess()).toMatchObject({ code: "too-many-requests", status: 429, retryAfter: 240 });
    expect((await guess("bob")).status).toBe(401);
    const { bumps } = counters;
    expect((await guess()).status).toBe(429);
    expect(counters.bumps).toBe(bumps);
    expect(await authenticatePassword(deps, basic("alice", password))).toBeDefined();
    system.at += 4 * MINUTE - 1;
    expect(await guess()).toMatchObject({ status: 429, retryAfter: 1 });
    system.at += 1;
    expect((await guess()).status).toBe(401);
  });

  it("is no matter where nothing was guessed", async () => {
    const { deps, counters } = await setup();
    for (const header of [undefined, "Bearer abc", "Basic"]) {
      expect(await refuseCredentials(deps, header)).toMatchObject({ code: "unauthenticated" });
    }
    expect(counters.bumps).toBe(0);
  });
});
