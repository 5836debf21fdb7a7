import { describe, expect, it } from "vitest";
import type { OcmApi, PasswordView } from "../../api.ts";
import { passwordRoutes } from "./passwords.ts";
import { AT, AT_TEXT, ask, fakeApi } from "./user-api.test-helper.ts";

const phone: PasswordView = { id: "p1", name: "phone", createdAt: AT, lastUsedAt: null };

function routes(passwords: Partial<OcmApi["passwords"]>) {
  return passwordRoutes(fakeApi({ passwords }));
}

describe("app passwords over the user API", () => {
  it("are shown once, in an answer that no cache keeps", async () => {
    const made: unknown[] = [];
    const create = async (...args: unknown[]) => {
      made.push(args);
      return { ...phone, password: "0000-1111" };
    };
    const reply = await ask(routes({ create }), "POST", "/api/v1/passwords", { json: { name: "phone" } });
    expect(made).toEqual([["alice", "phone"]]);
    expect(reply.status).toBe(201);
    expect(reply.headers).toMatchObject({ "cache-control": "no-store" });
    expect(reply.body).toEqual({
      id: "p1",
      name: "phone",
      createdAt: AT_TEXT,
      lastUsedAt: null,
      password: "0000-1111",
    });
  });

  it.each([
    [{}, "name"],
    [{ name: "" }, "name"],
    [{ name: "x".repeat(101) }, "name"],
    [{ name: "a\0b" }, "name"],
    [{ name: "phone", user: "bob" }, "user"],
    [[], "body"],
  ])("are refused for %j, naming the field", async (json, name) => {
    const made = ask(routes({}), "POST", "/api/v1/passwords", { json });
    await expect(made).rejects.toMatchObject({ code: "invalid-fields", validationErrors: [{ name }] });
  });

  it("are listed without anything secret", async () => {
    const list = async (user: string) => (user === "alice" ? [phone, { ...phone, id: "p2", lastUsedAt: AT }] : []);
    const reply = await ask(routes({ list }), "GET", "/api/v1/passwords");
    expect(reply.headers).toMatchObject({ "cache-control": "no-store" });
    expect(reply.body).toEqual({
      items: [
        { id: "p1", name: "phone", createdAt: AT_TEXT, lastUsedAt: null },
        { id: "p2", name: "phone", createdAt: AT_TEXT, lastUsedAt: AT_TEXT },
      ],
    });
  });

  it("are revoked", async () => {
    const revoked: unknown[] = [];
    const revoke = async (...args: unknown[]) => void revoked.push(args);
    const reply = await ask(routes({ revoke }), "DELETE", "/api/v1/passwords/p%201");
    expect(reply).toMatchObject({ status: 204, body: null });
    expect(revoked).toEqual([["alice", "p 1"]]);
  });

  it("need a session, so that no app password makes others", () => {
    for (const route of routes({})) expect(route).toMatchObject({ access: { kind: "session" }, feature: "userApi" });
  });
});
