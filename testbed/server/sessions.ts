import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { HostContext, HostSession, SessionUser } from "../../plugin/index.ts";
import type { Users } from "./users.ts";

const LIFETIME_MS = 12 * 60 * 60 * 1000;
const MOST_SESSIONS = 10_000;

interface Session {
  user: string;
  secondFactor: boolean;
  csrf: string;
  endsAt: number;
}

export interface Sessions extends HostSession {
  /** Checks the password and opens a session. Gives the value of the `Set-Cookie` header, or undefined. */
  logIn(id: string, password: string): Promise<string | undefined>;
  /** Ends the session of the request, if it has one. Gives the value of the `Set-Cookie` header. */
  logOut(context: HostContext): string;
  /** As `forgery`, for a form whose field `_csrf` has been read. */
  formForgery(context: HostContext, token: string | null): string | null;
  /** The rule for requests without a session, such as the login itself: browsers have to say that they come from here. */
  fromElsewhere(context: HostContext): boolean;
}

/**
 * Sessions of a demo server, in memory: a cookie with a random identifier, or HTTP Basic. The cookie carries the server's name,
 * since cookies do not tell ports apart and all demo servers are called localhost.
 */
export function openSessions(name: string, origin: string, users: Users): Sessions {
  const sessions = new Map<string, Session>();
  const cookie = `session-${name}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${origin.startsWith("https:") ? "; Secure" : ""}`;

  function current(context: HostContext): Session | undefined {
    const id = cookieOf(context, cookie);
    const session = id === undefined ? undefined : sessions.get(digest(id));
    return session && session.endsAt > Date.now() ? session : undefined;
  }

  function formForgery(context: HostContext, token: string | null): string | null {
    if (basicOf(context)) {
      return fromElsewhere(context) ? "A page of another server caused this request." : null;
    }
    const session = current(context);
    if (session && token !== null && same(session.csrf, token)) {
      return null;
    }
    return "Send the session's token in the header X-CSRF-Token or the form field _csrf.";
  }

  function fromElsewhere(context: HostContext): boolean {
    const { origin: from, "sec-fetch-site": site } = context.headers;
    return (from !== undefined && from !== origin) || (site !== undefined && site !== "same-origin" && site !== "none");
  }

  return {
    async authenticate(context): Promise<SessionUser | undefined> {
      const basic = basicOf(context);
      if (basic) {
        return await users.verify(basic.id, basic.password);
      }
      const session = current(context);
      return session && { id: session.user, secondFactor: session.secondFactor };
    },
    forgery: (context) => formForgery(context, header(context, "x-csrf-token") ?? null),
    formForgery,
    fromElsewhere,
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    formToken: (context) => current(context)?.csrf ?? "",
    async logIn(id, password) {
      const user = await users.verify(id, password);
      if (!user) {
        return undefined;
      }
      const oldest = sessions.size >= MOST_SESSIONS ? sessions.keys().next().value : undefined;
      if (oldest !== undefined) {
        sessions.delete(oldest);
      }
      const secret = randomBytes(32).toString("base64url");
      sessions.set(digest(secret), {
        user: user.id,
        secondFactor: user.secondFactor,
        csrf: randomBytes(32).toString("base64url"),
        endsAt: Date.now() + LIFETIME_MS,
      });
      return `${cookie}=${secret}; ${attributes}; Max-Age=${LIFETIME_MS / 1000}`;
    },
    logOut(context) {
      const id = cookieOf(context, cookie);
      if (id !== undefined) {
        sessions.delete(digest(id));
      }
      return `${cookie}=; ${attributes}; Max-Age=0`;
    },
  };
}

/** Where to go after the login: a path on this server, whatever the address says. */
export function safeReturn(path: string | null): string {
  return path !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : "/";
}

function header(context: HostContext, name: string): string | undefined {
  const value = context.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function basicOf(context: HostContext): { id: string; password: string } | undefined {
  const [, encoded] = /^basic +([a-z0-9+/]+=*)$/i.exec(header(context, "authorization") ?? "") ?? [];
  if (encoded === undefined) {
    return undefined;
  }
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { id: text.slice(0, colon), password: text.slice(colon + 1) };
}

function cookieOf(context: HostContext, name: string): string | undefined {
  const pairs = (header(context, "cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
