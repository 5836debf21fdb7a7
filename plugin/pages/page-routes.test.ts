import { describe, expect, it } from "vitest";
import type { OcmApi } from "../api.ts";
import { OcmError } from "../protocol/errors.ts";
import { formatInvite } from "../protocol/invite.ts";
import { pageRoutes } from "./page-routes.ts";
import { ACTION, ask, contact, cookieSession, FORM_TOKEN, form, query, site } from "./pages.test-helper.ts";

describe("the page that accepts an invite", () => {
  it("asks for consent, says who would accept and which server is told what, and does nothing yet (DISC-46)", async () => {
    const { routes, accepted } = site();
    const { status, text } = await ask(routes, "GET", { query });
    expect(status).toBe(200);
    expect(text).toContain("<h1>Accept this invite?</h1>");
    expect(text).toContain("<dd><bdi>b.example</bdi></dd>");
    expect(text).toContain("<bdi>Alice</bdi> (<bdi>alice@a.example</bdi>)");
    expect(text).toContain("your name, your address and your e-mail address");
    expect(text).toContain(`<form method="post" action="${ACTION}">`);
    expect(text).toContain('<input type="hidden" name="token" value="t0ken">');
    expect(text).toContain(`<input type="hidden" name="_csrf" value="${FORM_TOKEN}">`);
    expect(accepted).toEqual([]);
  });

  it("accepts by the form alone", async () => {
    const { routes, accepted } = site();
    const { status, text } = await ask(routes, "POST", { form });
    expect(status).toBe(200);
    expect(text).toContain("<h1>You are connected</h1>");
    expect(text).toContain("<bdi>Bob</bdi> on <bdi>b.example</bdi>");
    expect(accepted).toEqual([["alice", { token: "t0ken", provider: "b.example" }, { requestId: expect.any(String) }]]);
  });

  it("says that the other server is waited for", async () => {
    const { routes } = site({ accept: async () => ({ ...contact, status: "accepting", address: "" }) });
    const { status, text } = await ask(routes, "POST", { form });
    expect(status).toBe(202);
    expect(text).toContain("<h1>Waiting for the other server</h1>");
    expect(text).toContain("sent again by itself");
  });

  it("says why it failed and what to do, with the request to name to an operator", async () => {
    const reason = { code: "invite-used", message: "It was used <already>.", at: 0, status: 409 };
    const { routes } = site({ accept: async () => ({ ...contact, status: "failed", reason }) });
    const { status, text } = await ask(routes, "POST", { form });
    expect(status).toBe(409);
    expect(text).toContain('<p role="alert" class="bad">It was used &lt;already&gt;.</p>');
    expect(text).toContain("Ask for a new invite.");
    expect(text).toContain("<code>request-1</code>");
    expect(text).toContain(`href="${ACTION}"`);
  });

  it("has an answer to a failure without a reason that is known", async () => {
    const { routes } = site({ accept: async () => ({ ...contact, status: "failed" }) });
    const { status, text } = await ask(routes, "POST", { form });
    expect(status).toBe(502);
    expect(text).toContain("Ask the person who invited you for a new invite.");
  });

  it.each(["peer-not-allowed", "invite-own", "too-many-requests"] as const)("shows the refusal %s", async (code) => {
    const error = new OcmError(code);
    const { routes } = site({ accept: () => Promise.reject(error) });
    const { status, text } = await ask(routes, "POST", { form });
    expect(status).toBe(error.status);
    expect(text).toContain(error.message);
    expect(text).toContain(error.next);
  });

  it("leaves what is no refusal to the server", async () => {
    const { routes } = site({ accept: () => Promise.reject(new Error("secret detail")) });
    await expect(ask(routes, "POST", { form })).rejects.toThrow("secret detail");
  });
});

describe("a pasted invite", () => {
  it("has a field with a label where the link names none", async () => {
    const { text } = await ask(site().routes, "GET");
    expect(text).toContain('<label for="invite">');
    expect(text).toContain('<textarea id="invite" name="invite"');
    expect(text).toContain(`name="_csrf" value="${FORM_TOKEN}"`);
  });

  it.each([
    ["code", formatInvite({ token: "t0ken", provider: "b.example" })],
    ["link", "https://b.example/open-cloud-mesh/wayf?token=t0ken"],
    ["pair", "t0ken@b.example"],
  ])("in the form of a %s leads to the same consent, and nothing is accepted by it (INV-39)", async (_, invite) => {
    const { routes, accepted } = site();
    const pasted = await ask(routes, "POST", { form: { invite, _csrf: FORM_TOKEN } });
    expect(pasted.text).toBe((await ask(routes, "GET", { query })).text);
    expect(accepted).toEqual([]);
  });

  it.each(["hello", "", "x".repeat(5000), "t0ken@b.example\0"])(
    "that is none is refused with a way on: %j",
    async (invite) => {
      const { status, text } = await ask(site().routes, "POST", { form: { invite, _csrf: FORM_TOKEN } });
      expect(status).toBe(400);
      expect(text).toContain("This is not an invite.");
      expect(text).toContain("Paste the whole invite, as it was sent to you.");
    },
  );

  it.each<Record<string, string>>([
    { token: "t" },
    { providerDomain: "b.example" },
    { ...query, providerDomain: "b.example/path" },
  ])("is asked for where the link is not whole: %j", async (part) => {
    const { status, text } = await ask(site().routes, "GET", { query: part });
    expect(status).toBe(400);
    expect(text).toContain("<h1>The invite could not be accepted</h1>");
  });

  it("of this very server is refused before consent is asked", async () => {
    const { status, text } = await ask(site().routes, "GET", { query: { ...query, providerDomain: "A.example:443" } });
    expect(status).toBe(400);
    expect(text).toContain("This invite was made on this server.");
  });

  it("from a server that is named with its scheme is understood (G-59)", async () => {
    const { text } = await ask(site().routes, "GET", { query: { ...query, providerDomain: "https://B.example/" } });
    expect(text).toContain("<dd><bdi>b.example</bdi></dd>");
  });
});

describe("somebody without a session", () => {
  it("is sent to log in and comes back to the same invite, and to nothing else", async () => {
    const { status, headers } = await ask(site().routes, "GET", {
      query: { token: "a&b=c d", providerDomain: "b.example", extra: "x" },
      headers: {},
    });
    expect(status).toBe(303);
    expect(headers?.["cache-control"]).toBe("no-store");
    const back = new URL(headers?.location ?? "").searchParams.get("returnTo") ?? "";
    const { pathname, searchParams } = new URL(back, "https://a.example");
    expect(pathname).toBe(ACTION);
    expect([...searchParams]).toEqual([
      ["token", "a&b=c d"],
      ["providerDomain", "b.example"],
    ]);
  });

  it("gets a page that says so where the host has no login address", async () => {
    const { loginUrl: _none, ...session } = cookieSession;
    const { status, text } = await ask(site({ session }).routes, "GET", { query, headers: {} });
    expect(status).toBe(401);
    expect(text).toContain("<h1>Log in first</h1>");
  });

  it("accepts nothing by a form, and is not redirected out of the page's policy", async () => {
    const { routes, accepted } = site();
    const { status, text } = await ask(routes, "POST", { form, headers: {} });
    expect(status).toBe(401);
    expect(text).toMatch(/<a class="button" href="https:\/\/login\.example\/\?returnTo=[^"]*token%3Dt0ken[^"]*">/);
    expect(accepted).toEqual([]);
  });

  it("is whoever has a session without an account", async () => {
    const routes = pageRoutes({
      api: {} as OcmApi,
      users: { find: async () => undefined },
      session: cookieSession,
      ownHost: "a.example",
      name: "A",
      prefix: "",
    });
    expect((await ask(routes, "GET", { query })).status).toBe(303);
  });
});

describe("a forged form", () => {
  it.each([
    ["without a token", {}, {}],
    ["with a wrong token", { _csrf: "guess" }, {}],
    ["with the token, but sent by another site", { _csrf: FORM_TOKEN }, { "sec-fetch-site": "cross-site" }],
    ["with the token, but sent by a neighbour", { _csrf: FORM_TOKEN }, { "sec-fetch-site": "same-site" }],
  ])("%s is refused, and nothing is accepted", async (_, token, headers) => {
    const { routes, accepted } = site();
    const sent = { form: { ...query, ...token }, headers: { cookie: "alice", ...headers } };
    const { status, text } = await ask(routes, "POST", sent);
    expect(status).toBe(403);
    expect(text).toContain("Open the invite again, and send the form anew.");
    expect(accepted).toEqual([]);
  });

  it("cannot bring the header of a host that gives no tokens for forms", async () => {
    const { formToken: _none, ...session } = cookieSession;
    const { routes, accepted } = site({
      session: { ...session, forgery: ({ headers }) => (headers["x-csrf-token"] ? null : "No.") },
    });
    expect((await ask(routes, "POST", { form: { ...query, _csrf: "anything" } })).status).toBe(403);
    expect(accepted).toEqual([]);
  });

  it("is told from one of the page itself", async () => {
    const headers = { cookie: "alice", "sec-fetch-site": "same-origin" };
    expect((await ask(site().routes, "POST", { form, headers })).status).toBe(200);
  });
});
