import { pino } from "pino";
import type { OcmOptions } from "./options.ts";
import type { Logger } from "./ports/log.ts";
import { canonicalHost } from "./protocol/address.ts";

/** The options, checked and completed. */
export interface Settings {
  /** Scheme and host[:port], without a slash at the end. */
  origin: string;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
  prefix: string;
  publicPath: string;
  name: string;
  log: Logger;
}

const LOOPBACK = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Wherever a secret could be by mistake. The plugin itself logs none. */
const REDACTED = ["authorization", "sharedSecret", "secret", "token", "password", "cookie"].flatMap((key) => [
  key,
  `*.${key}`,
]);

/** Reads what the operator gave. @throws TypeError with a sentence for each thing that can't be used */
export function readSettings(options: OcmOptions): Settings {
  const origin = readOrigin(options.origin);
  if (options.host === undefined) throw new TypeError("The option `host` is missing: give users, files and session.");
  if (options.database === undefined)
    throw new TypeError("The option `database` is missing, such as file:./ocm.sqlite.");
  return {
    origin: origin.origin,
    ownHost: canonicalHost(origin.host),
    prefix: readPath("prefix", options.prefix ?? "/ocm", false),
    publicPath: readPath("publicPath", options.publicPath ?? "", true),
    name: options.name ?? origin.hostname,
    log: options.logger ?? pino({ name: "koa-ocm", redact: { paths: REDACTED, censor: "[redacted]" } }),
  };
}

/** What the operator has relaxed, a sentence for each: said at every start, so that a laboratory's settings do not go live unseen. */
export function relaxations({ trust = {}, peers = {}, wayf = {} }: OcmOptions): string[] {
  const sentences: string[] = [];
  if (trust.signatures === "optional") {
    sentences.push("trust.signatures is optional: unsigned requests are taken from everybody, in anybody's name.");
  } else if (trust.signatures === "if-peer-signs") {
    sentences.push(
      "trust.signatures is if-peer-signs: unsigned requests are taken from peers that do not advertise signatures.",
    );
  }
  for (const [peer, { allowInsecureHttp, allowPrivateAddresses, signatures }] of Object.entries(peers)) {
    if (allowInsecureHttp)
      sentences.push(`${peer} is talked to over plain http: whoever is in between reads and changes everything.`);
    if (allowPrivateAddresses)
      sentences.push(`${peer} may have a private address: whoever controls that name reaches your network.`);
    if (signatures !== undefined && signatures !== "required")
      sentences.push(`Unsigned requests are taken from ${peer}.`);
  }
  for (const { url, dangerouslyAllowUnsigned } of wayf === false ? [] : (wayf.directories ?? [])) {
    if (dangerouslyAllowUnsigned)
      sentences.push(
        `The directory ${url} need not be signed: whoever controls it chooses where people with an invite are sent.`,
      );
  }
  return sentences;
}

function readOrigin(text: string): URL {
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new TypeError("The option `origin` has to be a URL such as https://cloud.example.org.");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new TypeError(
      "The option `origin` is scheme, host and port only: OCM Addresses have no path (see `publicPath`).",
    );
  }
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
    throw new TypeError("The option `origin` has to be https; http is accepted for loopback names only.");
  }
  return url;
}

function readPath(option: string, path: string, mayBeEmpty: boolean): string {
  if (mayBeEmpty && path === "") return path;
  if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)) {
    throw new TypeError(`The option \`${option}\` has to be a path such as "/ocm", without a slash at the end.`);
  }
  return path;
}
