import type { Reply } from "../endpoints/route.ts";
import type { OfferedGroup, WayfServers } from "../ports/wayf.ts";
import type { OcmError } from "../protocol/errors.ts";
import { formatInvite } from "../protocol/invite.ts";
import { type Html, html } from "./html.ts";
import { type Page, page } from "./layout.ts";

/** What the WAYF pages need to know of this server. */
export interface WayfScene {
  /** Name of this server, for people. */
  site: string;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
  /** Address of the page, as a browser sees it: where its forms are sent. */
  action: string;
  servers: WayfServers;
  /** A form may lead to servers without TLS; for laboratories. */
  toInsecure: boolean;
}

/** What a visitor has asked, as far as it is known. */
export interface Question {
  /** As in the link; nobody has looked whether it is good. */
  token: string;
  /** What was typed or chosen, if it was not empty. */
  text: string;
}

/** Asks where the visitor has an account. It says the same for every token, so that none can be tried here. */
export function askPage(scene: WayfScene, token: string): Reply {
  const content = html`<p>Somebody with an account on the server ${serverName(scene)} invites you: if you accept, the two of you can
share files.</p>
<p>Say where you have your own account. You are sent to that server, log in there if you have to, and are asked once more before
anything is accepted.</p>
${forms(scene, { token, text: "" })}
${byHand(scene, token)}`;
  return wayfPage(scene, { status: 200, title: "Where are you from?", content });
}

/** The chosen server has no page to which the visitor could be sent. */
export function noDialogPage(scene: WayfScene, token: string, host: string): Reply {
  const content = html`<p role="status">You cannot be sent to <bdi>${host}</bdi> with your invite, because that server has no page for it that can
be used from here.</p>
<p>You can still accept by hand: log in to <bdi>${host}</bdi> as you always do, look for the place where invites are accepted, and
paste this there.</p>
${inviteField(scene, token)}
<p><a class="button" href="${pageUrl(scene, token)}">Choose another server</a></p>`;
  return wayfPage(scene, { status: 200, title: "Accept the invite by hand", content });
}

/** A refusal, in words, with the form again where there is a token to go on with. */
export function wayfProblemPage(scene: WayfScene, error: OcmError, requestId: string, question?: Question): Reply {
  const content = html`<p role="alert" class="bad">${error.message}</p>
<p>${nextStep(error)}</p>
${question && forms(scene, question)}
${question && byHand(scene, question.token)}
<p class="hint">If you ask the operator of this server, name the request <code>${requestId}</code>.</p>`;
  const retry: Record<string, string> =
    error.retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfter)) };
  const title = question ? "That did not work" : "This link cannot be used";
  return wayfPage(scene, { status: error.status, title, content, headers: retry });
}

function nextStep({ code, next }: OcmError): string {
  switch (code) {
    case "invalid-fields":
      return "Write the name of your server, such as cloud.example.org, or your address there, such as you@cloud.example.org.";
    case "peer-unreachable":
      return "Look whether the name is right: it is what your browser shows when you use that server. Else try again later.";
    case "peer-not-allowed":
      return "If you have an account on another server, choose that one.";
    case "peer-incompatible":
      return "Ask the operator of that server, or choose another one.";
    case "invite-own":
      return "You do not need an invite to share with people on this server. If you have an account elsewhere, choose that server.";
    case "too-many-requests":
      return "Wait a minute and try again, or accept the invite by hand.";
    case "invite-malformed":
      return "Open the link as it was sent to you, to its last sign.";
    case "forgery-check":
      return "Open the link again as it was sent to you.";
    default:
      return next;
  }
}

function forms(scene: WayfScene, { token, text }: Question): Html {
  const { offered, anyServer } = scene.servers;
  const groups = offered();
  const isOffered = groups.some(({ servers }) => servers.some(({ host }) => host === text));
  const begin = html`<form method="post" action="${scene.action}">
<input type="hidden" name="token" value="${token}">`;
  const chosen = html`${
    groups.length > 0 &&
    html`${begin}
<label for="chosen">Choose your server</label>
<select id="chosen" name="server" required>
<option value="">Not chosen yet</option>
${isOffered ? listOf(groups, text) : unchosen(groups)}
</select>
<button>Go to this server</button>
</form>`
  }`;
  const typed = html`${
    anyServer &&
    html`${begin}
<label for="typed">${groups.length > 0 ? "Or write the name of your server" : "Your server"}</label>
<p id="typed-hint" class="hint">Its name, such as cloud.example.org, or your address there, such as you@cloud.example.org.</p>
<input id="typed" name="server" type="text" value="${!isOffered && text}" required maxlength="512" autocomplete="off"
autocapitalize="none" spellcheck="false" aria-describedby="typed-hint">
<button>Go to my server</button>
</form>`
  }`;
  return html`${chosen}
${typed}`;
}

/** A list may be long, and most visitors have chosen nothing yet: it is written once. */
const lists = new WeakMap<readonly OfferedGroup[], Html>();
function unchosen(groups: readonly OfferedGroup[]): Html {
  const list = lists.get(groups) ?? listOf(groups, "");
  lists.set(groups, list);
  return list;
}

/** A federation may have no name: its servers stand before the groups, as what comes after a group looks like a part of it. */
function listOf(groups: readonly OfferedGroup[], selected: string): Html {
  const [named, nameless] = [groups.filter(isNamed), groups.filter((group) => !isNamed(group))];
  return html`${[...nameless, ...named].map((group) => options(group, selected))}`;
}

function isNamed({ title }: OfferedGroup): boolean {
  return title !== null && title !== "";
}

function options(group: OfferedGroup, selected: string): Html {
  const { title, servers } = group;
  // The host stands beside each name, since the name is what somebody else says.
  const lines = servers.map(
    ({ host, name }) =>
      html`<option value="${host}"${host === selected && html` selected`}>${name === host ? host : `${name} (${host})`}</option>`,
  );
  return !isNamed(group) ? html`${lines}` : html`<optgroup label="${title}">${lines}</optgroup>`;
}

function byHand(scene: WayfScene, token: string): Html {
  return html`<details>
<summary>Accept the invite by hand</summary>
<p>Log in to your server, look for the place where invites are accepted, and paste this there.</p>
${inviteField(scene, token)}
</details>`;
}

function inviteField({ ownHost }: WayfScene, token: string): Html {
  return html`<label for="invite">Your invite</label>
<textarea id="invite" rows="4" readonly spellcheck="false">${formatInvite({ token, provider: ownHost })}</textarea>`;
}

function serverName({ site, ownHost }: WayfScene): Html {
  return site === ownHost ? html`<bdi>${ownHost}</bdi>` : html`<bdi>${site}</bdi> (<bdi>${ownHost}</bdi>)`;
}

function pageUrl({ action }: WayfScene, token: string): string {
  return `${action}?${new URLSearchParams({ token })}`;
}

/**
 * The token is in the address of the page, so no address is told to the next one. A form leads to whatever server is chosen: Chromium
 * applies the policy of the page to the redirect too.
 */
function wayfPage(scene: WayfScene, { headers, ...rest }: Omit<Page, "site" | "formsLeadTo">): Reply {
  return page({
    ...rest,
    site: scene.site,
    formsLeadTo: scene.toInsecure ? "'self' https: http:" : "'self' https:",
    headers: { "referrer-policy": "no-referrer", "x-robots-tag": "noindex", ...headers },
  });
}
