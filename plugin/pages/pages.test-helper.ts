import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { ContactView, OcmApi } from "../api.ts";
import type { Call, Reply, Route } from "../endpoints/route.ts";
import type { HostSession } from "../ports/host.ts";
import { OcmError } from "../protocol/errors.ts";
import { pageRoutes } from "./page-routes.ts";

export const ACTION = "/cloud/ocm/invite/accept";
export const FORM_TOKEN = "token-of-the-form";
export const contact: ContactView = {
  id: "c1",
  address: "bob@b.example",
  host: "b.example",
  name: "Bob",
  email: "",
  status: "active",
  origin: "invite-accepted",
  reason: null,
  createdAt: 0,
};

/** The reference rule: a cookie session, and a token that a header has to carry. */
export const cookieSession: HostSession = {
  authenticate: async ({ headers }) => (headers.cookie === "alice" ? { id: "alice" } : undefined),
  forgery: ({ headers }) => (headers["x-csrf-token"] === FORM_TOKEN ? null : "The token of the form is missing."),
  loginUrl: (returnTo) => `https://login.example/?${new URLSearchParams({ returnTo })}`,
  formToken: () => FORM_TOKEN,
};

interface Options {
  accept?: OcmApi["contacts"]["accept"];
  session?: HostSession;
  displayName?: string;
  email?: string;
}

export function site(options: Options = {}) {
  const accepted: unknown[] = [];
  const contacts = {
    accept: async (...args: Parameters<OcmApi["contacts"]["accept"]>) => {
      accepted.push(args);
      return options.accept ? options.accept(...args) : contact;
    },
  };
  const routes = pageRoutes({
    api: { contacts } as unknown as OcmApi,
    users: {
      find: async (id) => ({
        id,
        displayName: options.displayName ?? "Alice",
        email: options.email ?? "a@mail.example",
      }),
    },
    session: options.session ?? cookieSession,
    ownHost: "a.example",
    name: "Alpha & Co",
    prefix: "/cloud/ocm",
  });
  return { routes, accepted };
}

interface Sent {
  query?: Record<string, string>;
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

/** Calls the handler as the server would: what it throws becomes the route's own form of a refusal. */
export async function ask(routes: Route[], method: "GET" | "POST", sent: Sent = {}): Promise<Reply & { text: string }> {
  const route = routes.find((each) => each.method === method);
  if (!route) throw new Error(`There is no ${method}.`);
  const headers = sent.headers ?? { cookie: "alice" };
  const req = Object.assign(new IncomingMessage(new Socket()), { method, headers: { ...headers } });
  const call = {
    method,
    query: new URLSearchParams(sent.query),
    form: new URLSearchParams(sent.form),
    headers: req.headers,
    requestId: "request-1",
    context: { method, path: "/ocm/invite/accept", headers: req.headers, req, state: {} },
  } as unknown as Call;
  const reply = await route.handle(call).catch((error: unknown) => {
    if (error instanceof OcmError && route.refuse) return route.refuse(error, "request-1");
    throw error;
  });
  return { ...reply, text: typeof reply.body === "string" ? reply.body : "" };
}

export const query = { token: "t0ken", providerDomain: "b.example" };
export const form = { ...query, _csrf: FORM_TOKEN };
