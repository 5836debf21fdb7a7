import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import type { InboundMessage, KeySource, PublicJwk } from "../ports/crypto.ts";
import type { KeyRecord } from "../ports/records.ts";
import type { Keys } from "../ports/store.ts";
import { OcmError } from "../protocol/errors.ts";
import { machine } from "../system/machine.ts";

/** 2025-11-24T22:40:00Z */
export const NOW = 1_764_024_000_000;
export const NOW_SECONDS = NOW / 1000;

/** The machine with a clock that the test sets. */
export function testSystem(now = NOW) {
  const { verify } = machine();
  const clock = { now };
  return {
    clock,
    now: () => clock.now,
    random: (_purpose: string, bytes: number) => randomBytes(bytes),
    verify,
  };
}

/** A store of keys in memory; several keyrings may open the same one. */
export function memoryKeys(): Keys & { records: Map<string, KeyRecord> } {
  const records = new Map<string, KeyRecord>();
  return {
    records,
    list: async () => structuredClone([...records.values()]),
    insert: async (record) => {
      if (records.has(record.id)) return false;
      records.set(record.id, structuredClone(record));
      return true;
    },
    update: async (record) => void records.set(record.id, structuredClone(record)),
    remove: async (id) => void records.delete(id),
  };
}

export const HOST = "sender.example.org";
export const KEYID = `https://${HOST}/ocm#key1`;
export const TARGET = "https://receiver.example.org/ocm/shares";
export const BODY = Buffer.from('{"shareWith":"marie@receiver.example.org"}');

/** How a test's request departs from a good one. */
export interface Forgery {
  method?: string;
  targetUri?: string;
  body?: Buffer;
  /** Fields by lower-case name, over those of a good request; undefined leaves one out. */
  fields?: Record<string, string | undefined>;
  components?: string[];
  /** All that follows the list of components. */
  params?: string;
  label?: string;
  /** The hash where the key is ECDSA. */
  hash?: string;
}

/** A signed request, made without the code under test. */
export function forge(privateKey: KeyObject, forgery: Forgery = {}): InboundMessage {
  const { method = "POST", targetUri = TARGET, body = BODY, label = "ocm" } = forgery;
  const {
    components = ["@method", "@target-uri", "content-digest", "content-length", "date"],
    params = `;created=${NOW_SECONDS};keyid="${KEYID}";alg="ed25519";tag="ocm"`,
  } = forgery;
  const fields: Record<string, string | undefined> = {
    host: "receiver.example.org",
    "content-type": "application/json",
    "content-length": String(body.length),
    "content-digest": `sha-256=:${createHash("sha256").update(body).digest("base64")}:`,
    date: new Date(NOW).toUTCString(),
    ...forgery.fields,
  };
  const { host, pathname, search } = new URL(targetUri);
  const values: Record<string, string | undefined> = {
    "@method": method,
    "@target-uri": targetUri,
    "@authority": host,
    "@path": pathname,
    "@query": search || "?",
    ...fields,
  };
  const list = `(${components.map((name) => `"${name}"`).join(" ")})${params}`;
  const lines = components.map((name) => `"${name}": ${values[name]}`);
  const base = Buffer.from([...lines, `"@signature-params": ${list}`].join("\n"));
  const signature = sign(forgery.hash, base, { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64");
  const signed = { "signature-input": `${label}=${list}`, signature: `${label}=:${signature}:`, ...fields };
  const rawHeaders = Object.entries(signed).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  return { method, targetUri, rawHeaders, body };
}

/** A copy of a message with one more header line. */
export function withHeader(message: InboundMessage, name: string, value: string): InboundMessage {
  return { ...message, rawHeaders: [...message.rawHeaders, name, value] };
}

/** A copy of a message in which every line of this header has another value. */
export function replaceHeader(
  message: InboundMessage,
  name: string,
  change: (value: string) => string,
): InboundMessage {
  const rawHeaders = message.rawHeaders.map((text, i) =>
    i % 2 === 1 && message.rawHeaders[i - 1]?.toLowerCase() === name ? change(text) : text,
  );
  return { ...message, rawHeaders };
}

/** A key source that has these keys of one host. */
export function keysOf(host: string, ...keys: PublicJwk[]): KeySource {
  return async (asked, kid) => (asked === host ? keys.find((key) => key.kid === kid) : undefined);
}

/** The code of the OcmError with which a call fails; fails the test when it does not, or with another error. */
export async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof OcmError) return error.code;
    throw error;
  }
  throw new Error("The call did not fail.");
}
