import { describe, expect, it } from "vitest";
import type { NewShare } from "../../api.ts";
import { OcmError } from "../../protocol/errors.ts";
import {
  AT,
  AT_TEXT,
  alice,
  ask,
  contact,
  invite,
  receivedShare,
  routesOf,
  sentShare,
} from "./user-api.test-helper.ts";

describe("me", () => {
  it("tells who is logged in, with the OCM Address", async () => {
    expect((await ask(routesOf(), "GET", "/api/v1/me")).body).toEqual({
      id: "alice",
      displayName: alice.displayName,
      address: "alice@a.example",
    });
  });

  it("refuses a session whose account is gone", async () => {
    const routes = routesOf({}, { find: async () => undefined });
    await expect(ask(routes, "GET", "/api/v1/me")).rejects.toMatchObject({ code: "unauthenticated", status: 401 });
  });
});

describe("invites", () => {
  it("are made, and their secret is shown once and kept by no cache", async () => {
    const calls: unknown[] = [];
    const routes = routesOf({
      invites: {
        create: async (...args) => {
          calls.push(args);
          return { ...invite, invite: "dEBh", token: "t", link: "https://a.example/ocm/wayf?token=t" };
        },
      },
    });
    const reply = await ask(routes, "POST", "/api/v1/invites", { json: { note: "for Bob", expiresInDays: 7 } });
    expect(calls).toEqual([["alice", { note: "for Bob", expiresInDays: 7 }, { requestId: "request-1" }]]);
    expect(reply).toMatchObject({ status: 201, headers: { "cache-control": "no-store" } });
    const link = "https://a.example/ocm/wayf?token=t";
    expect(reply.body).toMatchObject({ invite: "dEBh", token: "t", link, expiresAt: AT_TEXT });
  });

  it("are listed without their secret, and withdrawn", async () => {
    const routes = routesOf({
      invites: {
        list: async () => ({ items: [Object.assign({ token: "secret" }, invite)] }),
        revoke: async (user, id) => ({ ...invite, id: `${user} ${id}`, status: "revoked" }),
      },
    });
    const list = await ask(routes, "GET", "/api/v1/invites");
    expect(JSON.stringify(list.body)).not.toContain("secret");
    expect(list.body).toMatchObject({ items: [{ acceptedBy: { label: "Bob · b.example", at: AT_TEXT } }] });
    const revoked = await ask(routes, "DELETE", "/api/v1/invites/i1");
    expect(revoked).toMatchObject({ status: 200, body: { id: "alice i1", status: "revoked" } });
  });
});

describe("contacts", () => {
  it.each([
    ["active", 201],
    ["failed", 201],
    ["accepting", 202],
  ] as const)("answers %s with %i and the contact's place", async (status, code) => {
    const routes = routesOf({ contacts: { accept: async () => ({ ...contact, status }) } });
    const reply = await ask(routes, "POST", "/api/v1/contacts", { json: { invite: "dEBh" } });
    expect(reply).toMatchObject({ status: code, headers: { location: "contacts/c1" }, body: { status } });
  });

  it("names the place relative to the request, so that no proxy's path is needed", async () => {
    const routes = routesOf({ contacts: { accept: async () => contact } });
    for (const path of ["/api/v1/contacts", "/api/v1/contacts/"]) {
      const reply = await ask(routes, "POST", path, { json: { invite: "dEBh" } });
      const seen = new URL(reply.headers?.location ?? "", `https://x.example/cloud/ocm${path}`);
      expect(seen.href).toBe("https://x.example/cloud/ocm/api/v1/contacts/c1");
    }
  });

  it("takes an invite in one field, or as token and provider", async () => {
    const taken: unknown[] = [];
    const routes = routesOf({
      contacts: {
        accept: async (_user, given) => {
          taken.push(given);
          return contact;
        },
      },
    });
    await ask(routes, "POST", "/api/v1/contacts", { json: { invite: "https://b.example/wayf?token=t" } });
    await ask(routes, "POST", "/api/v1/contacts", { json: { token: "t", provider: "b.example" } });
    expect(taken).toEqual(["https://b.example/wayf?token=t", { token: "t", provider: "b.example" }]);
  });

  it.each([
    [{}, ["invite"]],
    [{ token: "t" }, ["provider"]],
    [{ provider: 5 }, ["token", "provider"]],
    [{ token: "t", provider: "b.example", invite: "x" }, ["invite"]],
    [null, ["body"]],
    ["dEBh", ["body"]],
  ])("says what is wrong with %j", async (json, names) => {
    const error = await ask(routesOf(), "POST", "/api/v1/contacts", { json }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OcmError);
    expect((error as OcmError).validationErrors?.map(({ name }) => name)).toEqual(names);
  });

  it("are listed, read and removed", async () => {
    const removed: unknown[] = [];
    const failed = {
      ...contact,
      address: "",
      name: "",
      status: "failed" as const,
      reason: { code: "invite-used", message: "Used.", at: AT, status: 409 },
    };
    const routes = routesOf({
      contacts: {
        list: async (user, page) => ({ items: [contact], next: `${user} ${page.limit} ${page.after}` }),
        get: async () => failed,
        remove: async (...args) => {
          removed.push(args);
        },
      },
    });
    const list = await ask(routes, "GET", "/api/v1/contacts?limit=7&after=z");
    expect(list.body).toMatchObject({ items: [{ label: "Bob · b.example" }], next: "alice 7 z" });
    expect((await ask(routes, "GET", "/api/v1/contacts/c1")).body).toMatchObject({
      address: null,
      label: "b.example",
      reason: { code: "invite-used", at: AT_TEXT, status: 409 },
    });
    expect(await ask(routes, "DELETE", "/api/v1/contacts/c1")).toMatchObject({ status: 204, body: null });
    expect(removed).toEqual([["alice", "c1", { requestId: "request-1" }]]);
  });
});

describe("sent shares", () => {
  it.each([
    ["announcing", 202],
    ["pending", 201],
    ["rejected", 201],
  ] as const)("answers %s with %i", async (status, code) => {
    const routes = routesOf({ sent: { create: async () => ({ ...sentShare, status }) } });
    const reply = await ask(routes, "POST", "/api/v1/shares/sent", { json: { path: "/a", shareWith: "b@b.example" } });
    expect(reply).toMatchObject({ status: code, headers: { location: "sent/s1" }, body: { status } });
  });

  it("takes all that a share can be given, its end as RFC 3339", async () => {
    const made: NewShare[] = [];
    const routes = routesOf({
      sent: {
        create: async (_user, share) => {
          made.push(share);
          return sentShare;
        },
      },
    });
    const rest = { path: "/a", shareWith: "b@b.example", permissions: ["read", "write"], name: "n", description: "d" };
    await ask(routes, "POST", "/api/v1/shares/sent", { json: { ...rest, expiresAt: "2026-11-24T13:00:00+01:00" } });
    expect(made).toEqual([{ ...rest, expiresAt: AT }]);
  });

  it("reports everything that is wrong at once, a misspelt field too", async () => {
    const json = JSON.parse(
      '{"path":"a\\u0000b","permissions":["read","execute"],"permission":["write"],"name":7,"expiresAt":"tomorrow",' +
        '"description":"\\ud800","__proto__":{"x":1}}',
    );
    const error = await ask(routesOf(), "POST", "/api/v1/shares/sent", { json }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "invalid-fields", status: 400 });
    const errors = (error as OcmError).validationErrors ?? [];
    expect(errors.map(({ name }) => name).toSorted()).toEqual(
      ["__proto__", "description", "expiresAt", "name", "path", "permission", "permissions.1", "shareWith"].toSorted(),
    );
    expect(errors).toContainEqual({ name: "shareWith", message: "This field is missing." });
    expect(errors).toContainEqual({ name: "permission", message: "There is no such field." });
    expect(errors).toContainEqual({ name: "permissions.1", message: "This has to be one of: read, write, share." });
    expect(errors).toContainEqual({ name: "name", message: "This has to be of type string." });
  });

  it.each([
    ["name", 255],
    ["description", 4096],
    ["path", 4096],
  ])("bounds %s at %i characters", async (field, longest) => {
    const routes = routesOf({ sent: { create: async () => sentShare } });
    const json = (length: number) => ({ path: "/a", shareWith: "b@b.example", [field]: "x".repeat(length) });
    expect((await ask(routes, "POST", "/api/v1/shares/sent", { json: json(longest) })).status).toBe(201);
    await expect(ask(routes, "POST", "/api/v1/shares/sent", { json: json(longest + 1) })).rejects.toMatchObject({
      validationErrors: [{ name: field, message: `At most ${longest} characters.` }],
    });
  });

  it("are listed, read and unshared", async () => {
    const asked: unknown[] = [];
    const routes = routesOf({
      sent: {
        list: async (_user, page) => {
          asked.push(page);
          return { items: [sentShare] };
        },
        get: async () => sentShare,
        unshare: async () => ({ ...sentShare, status: "revoked", endedAt: AT }),
      },
    });
    const list = await ask(routes, "GET", "/api/v1/shares/sent?live=true");
    await ask(routes, "GET", "/api/v1/shares/sent");
    expect(asked).toEqual([
      { limit: 100, live: true },
      { limit: 100, live: false },
    ]);
    expect(list.body).not.toHaveProperty("next");
    expect((await ask(routes, "GET", "/api/v1/shares/sent/s1")).body).toMatchObject({
      label: "Bob · b.example",
      expiresAt: null,
      deliveries: [{ nextAttemptAt: AT_TEXT, lastError: { code: "peer-unreachable", at: AT_TEXT } }],
    });
    const ended = await ask(routes, "DELETE", "/api/v1/shares/sent/s1");
    expect(ended).toMatchObject({ status: 200, body: { status: "revoked", endedAt: AT_TEXT } });
  });
});

describe("received shares", () => {
  it("are listed by status, with who, from which server, and what the last use showed", async () => {
    const routes = routesOf({
      received: { list: async (user, page) => ({ items: [receivedShare], next: `${user} ${JSON.stringify(page)}` }) },
    });
    const { body } = await ask(routes, "GET", "/api/v1/shares/received?status=pending&limit=1000");
    expect(body).toMatchObject({
      items: [
        {
          senderLabel: "Bob · b.example",
          ownerLabel: "carol · b.example",
          access: "refused",
          accessEvidence: { code: "peer-refused", at: AT_TEXT },
          lastKnown: { size: 5, modifiedAt: null, at: AT_TEXT },
        },
      ],
      next: 'alice {"limit":1000,"status":"pending"}',
    });
  });

  it.each([
    ["GET", "", "get"],
    ["POST", "/accept", "accept"],
    ["POST", "/decline", "decline"],
    ["DELETE", "", "leave"],
  ] as const)("%s …%s calls %s", async (method, path, name) => {
    const calls: unknown[] = [];
    const act = async (...args: unknown[]) => {
      calls.push(args);
      return receivedShare;
    };
    const reply = await ask(routesOf({ received: { [name]: act } }), method, `/api/v1/shares/received/r1${path}`);
    expect(reply).toMatchObject({ status: 200, body: { id: "r1" } });
    expect(calls).toEqual([["alice", "r1", ...(name === "get" ? [] : [{ requestId: "request-1" }])]]);
  });

  it.each(["limit=0", "limit=1001", "limit=x", "limit=", "status=gone", "stauts=pending", "limit=1&limit=2"])(
    "refuses the query %s",
    async (query) => {
      const asked = ask(routesOf(), "GET", `/api/v1/shares/received?${query}`);
      await expect(asked).rejects.toMatchObject({
        code: "invalid-fields",
        validationErrors: [{ name: query.split("=")[0] }],
      });
    },
  );
});
