import { createHash } from "node:crypto";
import type { Reply } from "../endpoints/route.ts";
import { type Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

export interface Page {
  status: number;
  /** What the page is about; its heading and the first part of its title. */
  title: string;
  /** Name of this server, shown on every page. */
  site: string;
  content: Html;
  /** Sources to which forms may lead, as the policy writes them; a redirect that follows counts. @default this origin alone */
  formsLeadTo?: string;
  /** Replace those of every page. */
  headers?: Record<string, string>;
}

const STYLE_HASH = createHash("sha256").update(STYLE.toString()).digest("base64");

/**
 * No script, no image, no frame, no other origin: a page is markup and one style sheet. The referrer stays within this origin,
 * because with `no-referrer` a browser sends `Origin: null` with a form, which a host's rule against forged requests may refuse.
 */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

function policy(formsLeadTo: string): string {
  const forms = `form-action ${formsLeadTo}; frame-ancestors 'none'; base-uri 'none'`;
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; ${forms}`;
}

/** One whole page. */
export function page({ status, title, site, content, formsLeadTo = "'self'", headers = {} }: Page): Reply {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${site}</title>
<style>${STYLE}</style>
</head>
<body>
<header><bdi>${site}</bdi></header>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  const all = { ...HEADERS, "content-security-policy": policy(formsLeadTo), ...headers };
  return { status, headers: all, body: document.toString() };
}
