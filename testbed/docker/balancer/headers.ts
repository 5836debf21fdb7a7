/** Headers that are about one connection and not about the message (RFC 9110 section 7.6.1). */
const OF_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** What a client says about its own way: the balancer alone knows. */
const OF_WAY = new Set(["forwarded", "x-real-ip"]);

/** Headers as node:http gives and takes them: name, value, name, value. */
type Raw = readonly string[];

/** Where a request came from, as the balancer sees it. */
export interface Way {
  address: string;
  host: string;
}

/**
 * The headers of a request for the process: the client's, with our word on where it came from in place of the client's. People and peers
 * speak TLS to whoever stands at the very front.
 */
export function onward(raw: Raw, { address, host }: Way): string[] {
  const own = kept(raw, (name) => !OF_WAY.has(name) && !name.startsWith("x-forwarded-") && name !== "expect");
  return [...own, "X-Forwarded-For", address, "X-Forwarded-Host", host, "X-Forwarded-Proto", "https"];
}

/** The headers of an answer for the client. */
export function back(raw: Raw): string[] {
  return kept(raw, () => true);
}

/** A cookie of a request; undefined: there is none of this name. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function kept(raw: Raw, isKept: (name: string) => boolean): string[] {
  const named = new Set<string>();
  each(raw, (name, value) => {
    if (name.toLowerCase() === "connection") for (const one of value.split(",")) named.add(one.trim().toLowerCase());
  });
  const result: string[] = [];
  each(raw, (name, value) => {
    const lower = name.toLowerCase();
    if (!OF_CONNECTION.has(lower) && !named.has(lower) && isKept(lower)) result.push(name, value);
  });
  return result;
}

function each(raw: Raw, use: (name: string, value: string) => void): void {
  for (let at = 0; at + 1 < raw.length; at += 2) use(raw[at] ?? "", raw[at + 1] ?? "");
}
