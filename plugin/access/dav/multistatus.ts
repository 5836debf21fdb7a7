import { escapeXml } from "../xml.ts";
import { NAMESPACES, PROPERTIES, type Property, type Resource } from "./properties.ts";
import type { PropertyName, PropfindRequest } from "./propfind-body.ts";
import type { DavShare } from "./request.ts";

/** Bytes after which a piece of the answer is handed on; large enough to make the cost of a write small. */
const CHUNK = 32_768;

const HEAD = `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus${Object.entries(NAMESPACES)
  .map(([prefix, namespace]) => ` xmlns:${prefix}="${namespace}"`)
  .join("")}>`;
const FOUND = "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>";
const MISSING = "</d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>";

/** A resource and its address as it is to be written. */
export interface Listed extends Resource {
  href: string;
}

/** Prints one `response` element (RFC 4918 section 14.24). */
export type ResponseWriter = (listed: Listed) => string;

/** Decides once for a request what is printed for each of its resources. */
export function responseWriter(request: PropfindRequest, share: DavShare): ResponseWriter {
  const columns = request.kind === "some" ? request.names.map(column) : PROPERTIES.map(known);
  const values = request.kind !== "names";
  const tellMissing = request.kind === "some";
  return (listed) => {
    let found = "";
    let missing = "";
    for (const { open, close, empty, value } of columns) {
      const content = value(listed, share);
      if (content === null) missing += empty;
      else found += content === "" || !values ? empty : open + content + close;
    }
    // The part with status 200 comes first and is never left out: some clients read no other.
    return `<d:response><d:href>${escapeXml(listed.href)}</d:href><d:propstat><d:prop>${found}${FOUND}${
      tellMissing && missing !== "" ? `<d:propstat><d:prop>${missing}${MISSING}` : ""
    }</d:response>`;
  };
}

interface Column {
  open: string;
  close: string;
  empty: string;
  value: Property["value"];
}

function known({ prefix, name, value }: Property): Column {
  const tag = `${prefix}:${name}`;
  return { open: `<${tag}>`, close: `</${tag}>`, empty: `<${tag}/>`, value };
}

function column({ namespace, name }: PropertyName): Column {
  const property = PROPERTIES.find(
    (candidate) => candidate.name === name && NAMESPACES[candidate.prefix] === namespace,
  );
  if (property !== undefined) return known(property);
  const empty = namespace === "" ? `<${name}/>` : `<x:${name} xmlns:x="${escapeXml(namespace)}"/>`;
  return { open: "", close: "", empty, value: () => null };
}

/** The whole document, in pieces of about 32 KiB, each made when the one before has been taken. */
export async function* multistatus(
  resources: AsyncIterable<Listed>,
  write: ResponseWriter,
): AsyncGenerator<Buffer, void, void> {
  let text = HEAD;
  for await (const resource of resources) {
    text += write(resource);
    if (text.length >= CHUNK) {
      yield Buffer.from(text);
      text = "";
    }
  }
  yield Buffer.from(`${text}</d:multistatus>`);
}
