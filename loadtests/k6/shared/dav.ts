import { type Answer, type Role, send } from "./requests.ts";
import type { WorldShare } from "./world.ts";

const PROPERTIES =
  '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/>' +
  "<d:getlastmodified/><d:getetag/><d:getcontenttype/></d:prop></d:propfind>";

/** Who holds a share's token asks the Sending Server. */
const role: Role = "sender";

interface More {
  headers?: Record<string, string>;
  timeout?: string;
  responseType?: "text" | "none";
}

/** A WebDAV request at a path below a share, which begins with a slash. */
export function dav(
  endpoint: string,
  method: string,
  { url, accessToken }: WorldShare,
  path = "",
  body: string | ArrayBuffer | null = null,
  { headers = {}, ...params }: More = {},
): Promise<Answer> {
  const all = { Authorization: `Bearer ${accessToken}`, ...headers };
  return send({ endpoint, role }, method, url + path, body, { ...params, headers: all });
}

/** What programs ask that keep folders in step. */
export function propfind(
  endpoint: string,
  share: WorldShare,
  path: string,
  depth: "0" | "1",
  more: More = {},
): Promise<Answer> {
  const headers = { Depth: depth, "Content-Type": "application/xml", ...more.headers };
  return dav(endpoint, "PROPFIND", share, path, PROPERTIES, { ...more, headers });
}

/** How many entries a listing has, the folder itself included. */
export function entriesIn(answer: Answer): number {
  return String(answer.body).split(/<(?:[a-z]+:)?response[ >]/i).length - 1;
}

/** The first entity tag in a listing. */
export function etagIn(answer: Answer): string {
  const [, tag = ""] = /getetag[^>]*>([^<]*)</i.exec(String(answer.body)) ?? [];
  return tag.replaceAll("&quot;", '"');
}

/** The paths of the folders in a listing, below the address that was asked. */
export function foldersIn(answer: Answer): string[] {
  const entries = String(answer.body)
    .split(/<(?:[a-z]+:)?response[ >]/i)
    .slice(2);
  return entries.filter((entry) => /<(?:[a-z]+:)?collection/i.test(entry)).flatMap((entry) => hrefIn(entry) ?? []);
}

function hrefIn(entry: string): string | undefined {
  return /href[^>]*>([^<]*)</i.exec(entry)?.[1];
}
