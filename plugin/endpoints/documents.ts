import { createHash } from "node:crypto";
import type { KoaContext } from "./koa.ts";

/** A document that is the same for everybody until something changes: its bytes and headers are made once. */
export interface PrebuiltDocument {
  text: string;
  headers: Record<string, string>;
}

/** Prepares a JSON document that peers may keep for `maxAge` seconds. */
export function prebuilt(content: object, mediaType: string, maxAge: number): PrebuiltDocument {
  const text = JSON.stringify(content);
  const bytes = Buffer.from(text);
  return {
    // Node writes a string in one piece with the head.
    text,
    headers: {
      "content-type": mediaType,
      "content-length": String(bytes.length),
      etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
      "cache-control": `public, max-age=${maxAge}`,
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
    },
  };
}

/**
 * Answers a GET or HEAD with the document, or 304; anything else with 405. A whole document is written at once and past Koa, whose own way
 * takes as long again: middlewares of the host see that the head is sent, and headers that they have set before are sent too.
 */
export function sendDocument(context: KoaContext, document: PrebuiltDocument): void {
  const wanted = context.headers["if-none-match"];
  if (context.method === "GET" && wanted === undefined) {
    context.respond = false;
    context.res.writeHead(200, document.headers).end(document.text);
    return;
  }
  if (context.method !== "GET" && context.method !== "HEAD") {
    context.status = 405;
    context.set("allow", "GET, HEAD");
    context.body = "";
    return;
  }
  for (const name in document.headers) context.res.setHeader(name, document.headers[name] as string);
  if (typeof wanted === "string" && wanted.includes(document.headers.etag as string)) {
    context.status = 304;
    context.remove("content-length");
    return;
  }
  context.status = 200;
  context.body = document.text;
}
