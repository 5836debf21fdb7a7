import type { Readable } from "node:stream";
import { OcmError } from "../../../protocol/errors.ts";
import { parseElements, type XmlElement, type XmlOptions } from "./xml-body-elements.ts";

const BODY_LIMIT = 65_536;

/** The whole body of a request. @throws OcmError too-large beyond 64 KiB, bad-request where it breaks off */
export async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > BODY_LIMIT) break;
    }
  } catch (cause) {
    throw new OcmError("bad-request", { message: "The body breaks off.", cause });
  }
  if (length > BODY_LIMIT) {
    body.resume();
    throw new OcmError("too-large");
  }
  return Buffer.concat(chunks, length);
}

/**
 * The root element of an XML body, undefined for an empty one. A document is UTF-8, or UTF-16 with a byte order mark (RFC 4918 section
 * 8.2); it has no document type, so that no entity can be declared.
 * @throws OcmError bad-request for what is malformed, nested too deep or declares a document type; unsupported-media-type for
 * another encoding
 */
export function parseXml(bytes: Uint8Array, options: XmlOptions = {}): XmlElement | undefined {
  const text = decode(bytes);
  return text.trim() === "" ? undefined : parseElements(text, options);
}

function decode(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new OcmError("bad-request", { message: `The body is not ${encoding.slice(0, 6).toUpperCase()}.`, cause });
  }
  const [, declared = encoding] = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"']*)["']/.exec(text.slice(0, 200)) ?? [];
  const fitting = encoding === "utf-8" ? /^(utf-?8|us-ascii)$/i : /^utf-?16/i;
  if (fitting.test(declared)) return text;
  throw new OcmError("unsupported-media-type", {
    message: "An XML body has to be UTF-8, or UTF-16 with a byte order mark, and to declare no other encoding.",
  });
}
