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

/** Answers a GET or HEAD with the document, or 304; anything else with 405. */
export function sendDocument(context: KoaContext, document: PrebuiltDocument): void {
  if (context.method !== "GET" && context.method !== "HEAD") {
    context.status = 405;
    context.set("allow", "GET, HEAD");
    context.body = "";
    return;
  }
  for (const name in document.headers) context.res.setHeader(name, document.headers[name] as string);
  const wanted = context.headers["if-none-match"];
  if (typeof wanted === "string" && wanted.includes(document.headers.etag as string)) {
    context.status = 304;
    context.remove("content-length");
    return;
  }
  context.status = 200;
  context.body = document.text;
}
