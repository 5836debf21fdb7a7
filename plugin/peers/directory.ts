import type { DirectoryOptions } from "../options.ts";
import type { PublicJwk } from "../ports/crypto.ts";
import type { System } from "../ports/system.ts";
import { canonicalHost } from "../protocol/address.ts";
import { type DirectoryDocument, decodeDirectory } from "../protocol/directory.ts";
import { OcmError } from "../protocol/errors.ts";
import { isObject } from "../protocol/json.ts";
import { readJws } from "../protocol/jws.ts";
import { parseStrictJson } from "../protocol/strict-json.ts";
import { isSignedBy, type PinnedKey, pinnedKey } from "../signing/jws.ts";
import type { Connections } from "./connections.ts";
import { checkedUrl } from "./endpoints.ts";
import type { BoundedHttp } from "./http.ts";
import { lifetime } from "./http-dates.ts";

/** A directory as the operator set it. */
export interface DirectorySetting {
  url: string;
  /** Canonical host[:port], whose entry in the option `peers` counts for the connection. */
  host: string;
  /** Null: what nobody signed is taken. */
  keys: readonly PinnedKey[] | null;
}

/** What was fetched, and for how many milliseconds it need not be asked for again. */
export interface FetchedDirectory {
  document: DirectoryDocument;
  life: number;
}

const LIMIT = 1024 * 1024;
const DEADLINE = 20_000;
const ACCEPT = "application/jose+json, application/jose, application/json";
const MOST_KEYS = 16;

/** Reads one entry of `wayf.directories`. @throws TypeError with a sentence for the operator */
export function readDirectory({
  url: text,
  keys = [],
  dangerouslyAllowUnsigned = false,
}: DirectoryOptions): DirectorySetting {
  const url = typeof text === "string" ? URL.parse(text) : null;
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url === null || !isWeb || url.username !== "" || url.password !== "" || url.hash !== "") {
    throw new TypeError(`The directory "${text}" has to be an https URL, without credentials and without a fragment.`);
  }
  const host = canonicalHost(url.host);
  if (dangerouslyAllowUnsigned) {
    if (keys.length > 0) throw new TypeError(`The directory ${url.href} has keys: so it cannot be unsigned as well.`);
    return { url: url.href, host, keys: null };
  }
  if (keys.length === 0 || keys.length > MOST_KEYS) {
    throw new TypeError(
      `The directory ${url.href} needs its public key in \`keys\`, ${MOST_KEYS} at most: its operator gives it to you.`,
    );
  }
  return { url: url.href, host, keys: keys.map((key) => readKey(url.href, key)) };
}

function readKey(url: string, key: string | PublicJwk): PinnedKey {
  try {
    return pinnedKey(key);
  } catch (cause) {
    throw new TypeError(`A key of the directory ${url} cannot be used: ${reasonOf(cause)}.`, { cause });
  }
}

/**
 * Fetches a directory anonymously and checks that it is signed with a key that was given by hand (draft appendix C, DIR-01, DIR-02, G-64).
 * @throws PeerFailure when it does not come, OcmError peer-incompatible when it cannot be used
 */
export async function fetchDirectory(
  { system, http, connections }: { system: Pick<System, "verify">; http: BoundedHttp; connections: Connections },
  { url, host, keys }: DirectorySetting,
): Promise<FetchedDirectory> {
  const { message, allowInsecureHttp } = connections(host);
  const { bytes, headers } = await http.getBytes({
    host,
    url: checkedUrl(host, url, allowInsecureHttp),
    template: "{directory}",
    connect: message,
    deadline: DEADLINE,
    accept: ACCEPT,
    limit: LIMIT,
  });
  const read = readJws(bytes);
  if (keys === null) {
    const json = "jws" in read ? payloadOf(read.jws.payload) : unsignedPayload(read.json);
    return { document: decodeDirectory(json), life: lifetime(headers) };
  }
  if (!("jws" in read)) throw new OcmError("peer-incompatible", { message: "It is not signed: it is no JWS." });
  if (!(await isSignedBy(system, read.jws, keys))) {
    const sentence = `It is not signed with a key that was configured; its header names the algorithm ${nameOf(read.jws.alg)}.`;
    throw new OcmError("peer-incompatible", { message: sentence });
  }
  return { document: decodeDirectory(payloadOf(read.jws.payload)), life: lifetime(headers) };
}

/** The draft's example has the payload as it is, in the place where a JWS has it encoded (G-64). */
function unsignedPayload(json: unknown): unknown {
  return isObject(json) && isObject(json.payload) ? json.payload : json;
}

function payloadOf(payload: Buffer): unknown {
  try {
    return parseStrictJson(payload);
  } catch (cause) {
    throw new OcmError("peer-incompatible", { message: "The payload of the JWS is not JSON.", cause });
  }
}

/** A name that the document gives, fit for a log. */
function nameOf(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
