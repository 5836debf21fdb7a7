import { lookup as systemLookup } from "node:dns/promises";
import type { Readable } from "node:stream";
import { TransportError, type TransportRequest, type TransportResponse } from "../ports/system.ts";
import { checkBeforeProxy, type Lookup } from "./connector.ts";
import { createDispatchers } from "./dispatchers.ts";
import { askNameServers } from "./name-servers.ts";
import { toTransportError } from "./transport-errors.ts";

/** The network part of the machine. */
export interface Transport {
  fetch(request: TransportRequest): Promise<TransportResponse>;
  resolve(hostname: string): Promise<string[]>;
  close(): Promise<void>;
}

/** HTTP/1.1 exchanges on pooled connections: no redirects, no decompression, no cookies. `lookup` replaces the machine's resolver. */
export function createTransport(lookup: Lookup = resolveHere): Transport {
  const dispatchers = createDispatchers(lookup);
  return {
    async fetch(request) {
      const url = permittedUrl(request.url);
      const { connect: policy, signal } = request;
      try {
        signal?.throwIfAborted();
        if (policy.proxy !== undefined) await checkBeforeProxy(url.hostname, url.host, policy, lookup);
        const { statusCode, headers, body } = await dispatchers.of(policy).request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method,
          headers: requestHeaders(request.headers),
          body: request.body ?? null,
          headersTimeout: request.headersTimeout,
          bodyTimeout: request.idleTimeout,
          signal: signal ?? null,
        });
        return { status: statusCode, headers: joined(headers), body: named(body, url.host) };
      } catch (error) {
        throw toTransportError(error, url.host);
      }
    },
    async resolve(hostname) {
      try {
        return await lookup(hostname);
      } catch (error) {
        throw toTransportError(error, hostname, true);
      }
    },
    close: () => dispatchers.close(),
  };
}

async function resolveHere(hostname: string, publicNames = false): Promise<string[]> {
  if (publicNames && hostname.includes(".") && !hostname.endsWith(".localhost")) {
    try {
      return await askNameServers(hostname);
    } catch (error) {
      // Only a machine without a name server refuses to be asked.
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") throw error;
    }
  }
  const addresses = await systemLookup(hostname, { all: true });
  return addresses.map(({ address }) => address);
}

function permittedUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new TransportError("bad-url", "This is not a URL.");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new TransportError("bad-url", `Only http and https are spoken, not ${url.protocol.slice(0, -1)}.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TransportError("bad-url", `The URL of ${url.host} carries credentials.`);
  }
  return url;
}

/** `host` would also choose the name that the certificate is checked for, so it always comes from the URL. */
function requestHeaders(headers: Record<string, string>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !/^(host|accept-encoding)$/i.test(name));
  return { ...Object.fromEntries(kept), "accept-encoding": "identity" };
}

function joined(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}

/** Makes the stream fail with a TransportError that names the peer; a stream that the reader gives up on is just closed. */
function named(body: Readable, peer: string): Readable {
  const destroy = body._destroy.bind(body);
  body._destroy = (error, callback) => {
    destroy(error, () => callback(error === null ? null : toTransportError(error, peer)));
  };
  return body;
}
