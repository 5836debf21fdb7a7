import { Readable } from "node:stream";
import type { System, TransportRequest, TransportResponse } from "../../ports/system.ts";

/** How much of an answer's body is kept, in bytes. */
const KEPT = 4096;

/** One HTTP exchange as it was seen on the wire. */
export interface Exchange {
  method: string;
  url: string;
  /** By our clock, in milliseconds since the Unix epoch. */
  sentAt: number;
  answeredAt: number;
  status: number;
  headers: Record<string, string>;
  /** The beginning of the body, as far as it was read. */
  text(): string;
}

/** A system that remembers each exchange which got an answer. All else is the given system's. */
export function witness(system: System): { system: System; exchanges: readonly Exchange[] } {
  const exchanges: Exchange[] = [];
  const fetch = async (request: TransportRequest): Promise<TransportResponse> => {
    const { method, url } = request;
    const sentAt = system.now();
    const { status, headers, body } = await system.fetch(request);
    const kept: Buffer[] = [];
    const text = () => Buffer.concat(kept).toString("utf8");
    exchanges.push({ method, url, sentAt, answeredAt: system.now(), status, headers, text });
    return { status, headers, body: Readable.from(copying(body, kept)) };
  };
  return { system: { ...delegated(system), fetch }, exchanges };
}

async function* copying(body: Readable, kept: Buffer[]): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk);
    if (size < KEPT) kept.push(bytes.subarray(0, KEPT - size));
    size += bytes.length;
    yield bytes;
  }
}

/** Calls the methods on the system itself, which may be an instance of a class. */
function delegated(system: System): Omit<System, "fetch"> {
  const { certificate } = system;
  return {
    now: () => system.now(),
    sleep: (ms, signal) => system.sleep(ms, signal),
    soon: () => system.soon(),
    timeout: (ms) => system.timeout(ms),
    random: (purpose, bytes) => system.random(purpose, bytes),
    verify: (hash, data, key, signature) => system.verify(hash, data, key, signature),
    resolve: (hostname) => system.resolve(hostname),
    ...(certificate === undefined ? {} : { certificate: (...question) => certificate.apply(system, question) }),
  };
}
