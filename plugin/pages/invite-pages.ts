import type { ContactView } from "../api.ts";
import type { Reply } from "../endpoints/route.ts";
import type { HostUser } from "../ports/host.ts";
import { errorDefinitions, type OcmError } from "../protocol/errors.ts";
import type { InviteText } from "../protocol/invite.ts";
import { type Html, html } from "./html.ts";
import { page } from "./layout.ts";

/** What the pages of an invite need to know of this server and of the request. */
export interface InviteScene {
  /** Name of this server, for people. */
  site: string;
  /** Address of the page, as a browser sees it: where its forms are sent. */
  action: string;
  requestId: string;
}

/** Asks for an invite in any form. */
export function pastePage(scene: InviteScene, formToken: string | undefined): Reply {
  const content = html`<form method="post" action="${scene.action}">
${csrfField(formToken)}
<label for="invite">Your invite</label>
<p id="invite-hint" class="hint">Paste the code or the link as it was sent to you. Before anything is sent, you are asked once
more.</p>
<textarea id="invite" name="invite" rows="3" maxlength="4096" required autocomplete="off" spellcheck="false"
aria-describedby="invite-hint"></textarea>
<button>Continue</button>
</form>`;
  return page({ status: 200, title: "Accept an invite", site: scene.site, content });
}

/** A consent that is asked for: which invite, and who would accept it. */
export interface Consent {
  invite: InviteText;
  user: HostUser;
  /** OCM Address of the user. */
  address: string;
  /** The host's token for forms, where it has one. */
  formToken: string | undefined;
}

/** Says what accepting means, and asks for consent. */
export function consentPage(scene: InviteScene, { invite, user, address, formToken }: Consent): Reply {
  const told = user.email ? "your name, your address and your e-mail address" : "your name and your address";
  const content = html`<dl>
<dt>Somebody invites you from the server</dt>
<dd><bdi>${invite.provider}</bdi></dd>
<dt>You accept as</dt>
<dd><bdi>${user.displayName}</bdi> (<bdi>${address}</bdi>)</dd>
</dl>
<p>If you accept, <bdi>${invite.provider}</bdi> is told ${told}. Then you and the person who invited you are contacts and can share
files with each other.</p>
<p>The invite does not name that person. Accept it only if it came to you from somebody you know. If you did not expect it, close
this page: nothing has been sent.</p>
<form method="post" action="${scene.action}">
${csrfField(formToken)}
<input type="hidden" name="token" value="${invite.token}">
<input type="hidden" name="providerDomain" value="${invite.provider}">
<button>Accept the invite</button>
</form>`;
  return page({ status: 200, title: "Accept this invite?", site: scene.site, content });
}

/** What came of it: connected, waiting, or refused. */
export function verdictPage(scene: InviteScene, contact: ContactView): Reply {
  const server = html`<bdi>${contact.host}</bdi>`;
  if (contact.status === "active") {
    const content = html`<p role="status" class="good">The invite is accepted.</p>
<dl>
<dt>Your new contact</dt>
<dd><bdi>${contact.name || contact.address}</bdi> on ${server}</dd>
<dt>Address</dt>
<dd><bdi>${contact.address}</bdi></dd>
</dl>
<p>You can now share files with each other. You can close this page.</p>`;
    return page({ status: 200, title: "You are connected", site: scene.site, content });
  }
  if (contact.status === "accepting") {
    const content = html`<p role="status">Your answer is kept, but ${server} has not replied yet.</p>
<p>It is sent again by itself until ${server} replies. You have nothing to do and can close this page; the contact will be
in your list.</p>`;
    return page({ status: 202, title: "Waiting for the other server", site: scene.site, content });
  }
  const code = contact.reason?.code;
  const known = errorDefinitions().find((definition) => definition.code === code);
  const content = html`<p role="alert" class="bad">${contact.reason?.message ?? "The other server did not accept the answer."}</p>
<p>The invite is from ${server}. ${known?.next ?? "Ask the person who invited you for a new invite."}</p>
${wayOn(scene)}`;
  return page({ status: known?.status ?? 502, title: "The invite could not be accepted", site: scene.site, content });
}

/** A refusal, in words, with a way on. */
export function problemPage(scene: InviteScene, error: OcmError): Reply {
  const next = error.code === "forgery-check" ? "Open the invite again, and send the form anew." : error.next;
  const content = html`<p role="alert" class="bad">${error.message}</p>
<p>${next}</p>
${wayOn(scene)}`;
  return page({ status: error.status, title: "The invite could not be accepted", site: scene.site, content });
}

/** For a person without a session; `login` is where one is opened. */
export function loginPage(site: string, login: string | undefined): Reply {
  const way = login
    ? html`<p><a class="button" href="${login}">Log in and go on</a></p>`
    : html`<p>Log in on this server in this browser, then open the invite again.</p>`;
  const content = html`<p>You have to be logged in to accept an invite. Nothing has been sent.</p>
${way}`;
  return page({ status: 401, title: "Log in first", site, content });
}

function csrfField(formToken: string | undefined): Html {
  return html`${formToken !== undefined && html`<input type="hidden" name="_csrf" value="${formToken}">`}`;
}

function wayOn({ action, requestId }: InviteScene): Html {
  return html`<p><a class="button" href="${action}">Try another invite</a></p>
<p class="hint">If you ask the operator of this server, name the request <code>${requestId}</code>.</p>`;
}
