import type { OcmApi } from "../api.ts";
import type { Call, Reply, Route } from "../endpoints/route.ts";
import type { HostSession, HostUser, HostUsers } from "../ports/host.ts";
import { canonicalHost, sameHost } from "../protocol/address.ts";
import { OcmError } from "../protocol/errors.ts";
import { type InviteText, parseInvite } from "../protocol/invite.ts";
import { consentPage, type InviteScene, loginPage, pastePage, problemPage, verdictPage } from "./invite-pages.ts";
import { formForgery } from "./session.ts";

/** The page on which an invite is accepted, below the prefix: `inviteAcceptDialog` of discovery (draft section 5.3). */
export const INVITE_ACCEPT_PATH = "/invite/accept";

export interface PageDeps {
  api: OcmApi;
  users: HostUsers;
  session: HostSession;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
  /** Name of this server for people. */
  name: string;
  /** Prefix of the routes as a browser sees it, with the public path of a proxy that strips one. */
  prefix: string;
}

const LONGEST = 4096;

/**
 * The plain pages. They work without scripts; a GET changes nothing. They are open to everybody as routes, because a person
 * without a session is sent to log in and comes back, where other routes answer 401.
 */
export function pageRoutes(deps: PageDeps): Route[] {
  const action = `${deps.prefix}${INVITE_ACCEPT_PATH}`;
  const scene = (requestId: string): InviteScene => ({ site: deps.name, action, requestId });
  const row = {
    base: "prefix",
    path: INVITE_ACCEPT_PATH,
    access: { kind: "open" },
    feature: "pages",
    reference: "draft section 5.3, inviteAcceptDialog",
    refuse: (error: OcmError, requestId: string) => problemPage(scene(requestId), error),
  } as const;
  return [
    {
      ...row,
      method: "GET",
      body: { kind: "none" },
      summary: "The page that asks whether to accept an invite",
      async handle(call) {
        const user = await visitor(deps, call);
        return user ? show({ deps, call, user, scene: scene(call.requestId) }) : toLogin(deps, action, call.query);
      },
    },
    {
      ...row,
      method: "POST",
      body: { kind: "form", limit: 32 * 1024 },
      summary: "The form of that page: reads a pasted invite, or accepts",
      async handle(call) {
        const user = await visitor(deps, call);
        if (user) return submit({ deps, call, user, scene: scene(call.requestId) });
        // No redirect: the page's policy lets forms lead to this origin alone, and a login may be on another.
        return loginPage(deps.name, deps.session.loginUrl?.(returnTo(action, call.form)));
      },
    },
  ];
}

/** One request of a person who is logged in. */
interface Visit {
  deps: PageDeps;
  call: Call;
  user: HostUser;
  scene: InviteScene;
}

async function visitor({ session, users }: PageDeps, call: Call): Promise<HostUser | undefined> {
  const somebody = await session.authenticate(call.context);
  return somebody && users.find(somebody.id);
}

function show(visit: Visit): Reply {
  const { deps, call, scene } = visit;
  const asked = call.query.has("token") || call.query.has("providerDomain");
  return asked ? consent(visit, named(call.query)) : pastePage(scene, deps.session.formToken?.(call.context));
}

async function submit(visit: Visit): Promise<Reply> {
  const { deps, call, user, scene } = visit;
  const forgery = formForgery(deps.session, call);
  if (forgery !== null) throw new OcmError("forgery-check", { message: forgery });
  const pasted = call.form.get("invite");
  if (pasted !== null) return consent(visit, parseInvite(bounded(pasted)));
  return verdictPage(scene, await deps.api.contacts.accept(user.id, named(call.form), { requestId: call.requestId }));
}

function consent({ deps, call, user, scene }: Visit, invite: InviteText): Reply {
  if (sameHost(invite.provider, deps.ownHost)) throw new OcmError("invite-own");
  const formToken = deps.session.formToken?.(call.context);
  return consentPage(scene, { invite, user, address: `${user.id}@${deps.ownHost}`, formToken });
}

/** The two parameters of `inviteAcceptDialog`. The name of a server may come with a scheme from some. */
function named(fields: URLSearchParams): InviteText {
  const token = bounded(fields.get("token") ?? "");
  const provider = bounded(fields.get("providerDomain") ?? "");
  if (token === "" || provider === "") {
    throw new OcmError("invite-malformed", { message: "This link does not say who invites you." });
  }
  try {
    return { token, provider: canonicalHost(provider) };
  } catch (cause) {
    throw new OcmError("invite-malformed", { cause, message: "This link names no server that can be asked." });
  }
}

function bounded(value: string): string {
  if (value.length > LONGEST || value.includes("\0")) throw new OcmError("invite-malformed");
  return value;
}

/** A path that leads back here with what was asked, and with nothing else of the request. */
function returnTo(action: string, fields: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ["token", "providerDomain"]) {
    const value = fields.get(name);
    if (value !== null && value.length <= LONGEST) kept.set(name, value);
  }
  return kept.size === 0 ? action : `${action}?${kept}`;
}

function toLogin({ session, name }: PageDeps, action: string, query: URLSearchParams): Reply {
  const login = session.loginUrl?.(returnTo(action, query));
  if (login === undefined) return loginPage(name, undefined);
  return { status: 303, headers: { location: login, "cache-control": "no-store" }, body: null };
}
