/** One request that reached the proxy in front of a server, and what came of it. */
export interface Message {
  /** From 1 on, in the order in which the requests began. */
  number: number;
  /** Name of the server that sent it; null: nobody can tell. */
  from: string | null;
  /** Name of the server that it was for. */
  to: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  /** Milliseconds until its end; null as long as it lasts. */
  ms: number | null;
  method: string;
  /** Path and query. */
  path: string;
  /** The address for which it was sent: the origin of the server, and the path. */
  url: string;
  requestHeaders: [name: string, value: string][];
  requestBody: Buffer;
  /** Null: there was no answer. */
  status: number | null;
  responseHeaders: [name: string, value: string][];
  /** The first bytes of the answer. */
  responseBody: Buffer;
  /** Bytes of the answer in all. */
  responseSize: number;
  /** What was done to it, in a few words; null: nothing. */
  harm: string | null;
}

/** How much of an answer is kept. */
export const KEPT_BYTES = 64 * 1024;

/** A header of a message, by its name in small letters. */
export function headerOf(headers: Message["requestHeaders"], name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Pairs from the flat list in which node:http gives headers. */
export function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""]] : []));
}

/** What a path is about, such as `shares` or `dav`: requests of one kind have one rhythm of faults. */
export function kindOf(method: string, path: string): string {
  const [name = ""] = path.split("?");
  if (/^\/ocm\/dav(?:\/|$)/.test(name)) return `dav ${method}`;
  return name.split("/").at(-1) ?? "";
}
