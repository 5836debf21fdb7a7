import { lookup as systemLookup } from "node:dns";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { getCACertificates } from "node:tls";
import ipaddr from "ipaddr.js";
import { type Message, pairs } from "../faults/message.ts";

/** Milliseconds for a whole exchange with the peer. */
const LONGEST_EXCHANGE_MS = 20_000;
/** Bytes of an answer that are read. */
const LONGEST_ANSWER = 256 * 1024;

/** An answer of the peer, of any status. */
export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
  /** The parsed body; undefined where it is no JSON. */
  json: unknown;
  /** There was more than is read. */
  isCut: boolean;
}

export type NoAnswerKind = "dns" | "address" | "refused" | "tls" | "late" | "cut";

/** No answer came. The message is one line and says what to do. */
export class NoAnswer extends Error {
  readonly kind: NoAnswerKind;
  constructor(kind: NoAnswerKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What may be asked, and how. */
export interface ReachOptions {
  /** Scheme and host[:port] of every server that may be asked. */
  origins: readonly string[];
  /** PEM certificates that are trusted beside those of the machine. */
  ca?: string | undefined;
  allowPrivateAddresses: boolean;
  /** Told of each message, at its begin. */
  watch(message: Message): void;
}

/** A request; its headers are sent as they are. */
export interface Outgoing {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** Speaks to the peer and to nobody else: each exchange has an end in time and size, and no redirect is followed. */
export interface Reach {
  allows(url: string): boolean;
  /** @throws NoAnswer */
  send(outgoing: Outgoing): Promise<Answer>;
}

export function createReach({ origins, ca, allowPrivateAddresses, watch }: ReachOptions): Reach {
  const allows = (url: string) => origins.includes(URL.parse(url)?.origin ?? "");
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates("default"), ca] };

  async function send({ method, url, headers = {}, body }: Outgoing): Promise<Answer> {
    if (!allows(url)) throw new Error(`${url} is none of the addresses that were named.`);
    const { protocol, hostname, pathname, search } = new URL(url);
    const isPlain = protocol === "http:";
    const refuse = (address: string) => refusal(address, { hostname, isPlain, allowPrivateAddresses });
    const literal = hostname.replace(/^\[|\]$/g, "");
    const reason = isIP(literal) === 0 ? null : refuse(literal);
    if (reason !== null) throw new NoAnswer("address", reason);
    const message: Message = {
      number: 0,
      from: null,
      to: "peer",
      at: Date.now(),
      ms: null,
      method,
      path: `${pathname}${search}`,
      url,
      requestHeaders: Object.entries(headers),
      requestBody: body ?? Buffer.alloc(0),
      status: null,
      responseHeaders: [],
      responseBody: Buffer.alloc(0),
      responseSize: 0,
      harm: null,
    };
    watch(message);
    const from = performance.now();
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const fail = (error: unknown) => reject(noAnswer(error, new URL(url)));
        const sent = (isPlain ? plainRequest : tlsRequest)(
          url,
          { method, headers, agent: false, lookup: filtered(refuse), ...trusted },
          (answer) => {
            message.status = answer.statusCode ?? 0;
            message.responseHeaders = pairs(answer.rawHeaders);
            read(answer, message).then(resolve, fail);
          },
        );
        const late = setTimeout(() => {
          const seconds = LONGEST_EXCHANGE_MS / 1000;
          reject(new NoAnswer("late", `${method} ${url} was not answered within ${seconds} seconds.`));
          sent.destroy();
        }, LONGEST_EXCHANGE_MS);
        // Node adds the host where none is given.
        message.requestHeaders = sent.getRawHeaderNames().map((name) => [name, String(sent.getHeader(name))]);
        sent.on("error", fail);
        sent.on("close", () => clearTimeout(late));
        sent.end(body);
      });
    } finally {
      message.ms = Math.round(performance.now() - from);
    }
  }

  return { allows, send };
}

async function read(answer: IncomingMessage, message: Message): Promise<Answer> {
  const chunks: Buffer[] = [];
  let isCut = false;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    message.responseSize += chunk.length;
    isCut = message.responseSize > LONGEST_ANSWER;
    // Leaving the loop ends the connection.
    if (isCut) break;
    chunks.push(chunk);
  }
  message.responseBody = Buffer.concat(chunks);
  const text = message.responseBody.toString("utf8");
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, json: jsonIn(text), isCut };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resolves names as the machine does it, and refuses addresses that were not permitted. */
function filtered(refuse: (address: string) => string | null): LookupFunction {
  return (hostname, options, callback) => {
    systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "");
      const reasons = addresses.map(({ address }) => refuse(address));
      const reason = reasons.find((one) => one !== null);
      if (reason != null) return callback(new NoAnswer("address", reason), "");
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return callback(null, first?.address ?? "", first?.family);
    });
  };
}

interface Permission {
  hostname: string;
  isPlain: boolean;
  allowPrivateAddresses: boolean;
}

/** Why a connection to this address may not be made; null: it may. */
function refusal(address: string, { hostname, isPlain, allowPrivateAddresses }: Permission): string | null {
  const range = ipaddr.process(address).range();
  if (range === "unicast") {
    return isPlain ? `${hostname} is at ${address}, and plain http does not go over the internet: use https.` : null;
  }
  if (range === "loopback" && isLoopbackName(hostname)) return null;
  if (allowPrivateAddresses) return null;
  return `${hostname} is at ${address}, which is no public address: add --allow-private-addresses if it is meant.`;
}

/** The name can mean this machine only. */
export function isLoopbackName(hostname: string): boolean {
  return /^(?:.+\.)?localhost$|^127\.\d+\.\d+\.\d+$|^\[::1\]$/.test(hostname);
}

function noAnswer(error: unknown, { hostname, host, origin }: URL): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new NoAnswer(
      "dns",
      `${hostname} has no address (${code}): look at the name, or put it into the hosts file.`,
    );
  }
  if (code === "ECONNREFUSED") {
    return new NoAnswer("refused", `Nobody listens at ${host}: start the server, or look at the port.`);
  }
  if (code === "CERT_HAS_EXPIRED") {
    return new NoAnswer("tls", `The certificate of ${host} has expired: renew it.`);
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new NoAnswer("tls", `The certificate of ${host} is for another name: ${onOneLine(message)}`);
  }
  if (/CERT|SIGNATURE|SELF_SIGNED|ISSUER/.test(code)) {
    return new NoAnswer(
      "tls",
      `The certificate of ${host} is not trusted (${code}): name its authority with --ca FILE.`,
    );
  }
  if (/^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(code)) {
    return new NoAnswer("tls", `${origin} speaks no TLS that is understood (${code}): is it plain http?`);
  }
  return new NoAnswer("cut", `${host} cut the connection (${code || onOneLine(message)}).`);
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}
