import type { HostEntry, ReceivedShareView } from "../../plugin/index.ts";
import { type Html, html, page } from "./html.ts";

/** The login form; `problem` says why the last try did not work. */
export function loginPage(server: string, returnTo: string, problem?: string): string {
  return page(
    "Log in",
    server,
    html`${problem === undefined ? "" : html`<p role="alert">${problem}</p>`}
<form class="stack" method="post" action="/login">
<input type="hidden" name="return_to" value="${returnTo}">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Log in</button>
</form>`,
  );
}

/** What a person sees first: their files, and what was shared with them. */
export function homePage(content: {
  server: string;
  displayName: string;
  address: string;
  csrf: string;
  files: HostEntry[];
  received: ReceivedShareView[];
}): string {
  const { server, displayName, address, csrf, files, received } = content;
  return page(
    `Files of ${displayName}`,
    server,
    html`<p>People on other servers share with you at <strong>${address}</strong>.</p>
<form method="post" action="/logout">${token(csrf)}<button>Log out</button></form>
<h2>Your files</h2>
${files.length === 0 ? html`<p>There are none yet.</p>` : fileTable(files)}
<h2>Shared with you</h2>
${received.length === 0 ? html`<p>Nothing yet.</p>` : shareTable(received, csrf)}`,
  );
}

function fileTable(files: HostEntry[]): Html {
  const rows = files.map(
    (file) => html`<tr><td><a href="/files/${encodeURIComponent(file.name)}">${file.name}</a></td>
<td>${file.type === "folder" ? "folder" : `${file.size} bytes`}</td><td>${time(file.modifiedAt)}</td></tr>`,
  );
  return html`<table><caption>Files and folders</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Changed</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function shareTable(received: ReceivedShareView[], csrf: string): Html {
  const rows = received.map(
    (share) => html`<tr><td>${shareName(share)}</td><td>${share.senderDisplayName ?? ""} ${share.sender}</td>
<td>${share.status}${share.endedBy === null ? "" : ` by ${share.endedBy}`}</td><td>${actions(share, csrf)}</td></tr>`,
  );
  return html`<table><caption>Shares from other servers</caption>
<thead><tr><th scope="col">Name</th><th scope="col">From</th><th scope="col">State</th><th scope="col">Actions</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

function shareName(share: ReceivedShareView): Html {
  if (share.status !== "accepted") {
    return html`${share.name}`;
  }
  const kind = share.resourceType === "folder" ? "entries" : "content";
  return html`<a href="/ocm/api/v1/shares/received/${encodeURIComponent(share.id)}/${kind}/">${share.name}</a>`;
}

function actions(share: ReceivedShareView, csrf: string): Html {
  const offered = { pending: ["accept", "decline"], accepted: ["leave"], declined: [], ended: [] }[share.status];
  return html`${offered.map(
    (action) => html`<form method="post" action="/received/${encodeURIComponent(share.id)}/${action}">${token(csrf)}
<button aria-label="${action} ${share.name}">${action}</button></form> `,
  )}`;
}

function token(csrf: string): Html {
  return html`<input type="hidden" name="_csrf" value="${csrf}">`;
}

function time(milliseconds: number): Html {
  const iso = new Date(milliseconds).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
}
