import ipaddr from "ipaddr.js";

/** Addresses at which clouds hand out credentials to whoever asks from inside. Never permitted. */
const METADATA: Record<string, string> = {
  "169.254.169.254": "the metadata service of a cloud",
  "169.254.170.2": "the credentials service of a container platform",
  "100.100.100.200": "the metadata service of a cloud",
  "192.0.0.192": "the metadata service of a cloud",
  "168.63.129.16": "the host service of a cloud",
  "fd00:ec2::254": "the metadata service of a cloud",
  "fd20:ce::254": "the metadata service of a cloud",
};

/** What an operator can permit for one peer. */
const PRIVATE_RANGES: Record<string, string> = {
  loopback: "a loopback address",
  private: "a private address",
  carrierGradeNat: "an address shared behind a provider's NAT",
  uniqueLocal: "a unique local address",
};

const FORBIDDEN_RANGES: Record<string, string> = {
  unspecified: "an unspecified address",
  broadcast: "the broadcast address",
  multicast: "a multicast address",
  linkLocal: "a link-local address",
  deprecatedSiteLocal: "a site-local address",
  discard: "a discard-only address",
  benchmarking: "an address for benchmarks",
  teredo: "a Teredo address",
  reserved: "an address reserved for documentation, tests or later use",
};

/**
 * Why no connection may be made to this IP address, as the end of a sentence; null: it may. Special addresses are refused also
 * inside of IPv6 forms that carry an IPv4 address. `allowPrivate` permits loopback, private and unique local addresses, but never
 * link-local, multicast and metadata addresses.
 */
export function refuseAddress(address: string, allowPrivate: boolean): string | null {
  // The library takes `::127.0.0.1` for a mapped address, which it is not; the hexadecimal form leaves no doubt.
  const isMixed = address.includes(":") && address.includes(".");
  const text = (isMixed && URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1)) || address;
  if (!ipaddr.isValid(text)) return "not an IP address";
  const parsed = ipaddr.parse(text);
  return parsed instanceof ipaddr.IPv4 ? refuseIPv4(parsed, allowPrivate) : refuseIPv6(parsed, allowPrivate);
}

const PERMISSIBLE = new RegExp(`\\((?:${Object.values(PRIVATE_RANGES).join("|")})\\)`);

/** Does this sentence, with a reason of `refuseAddress` in brackets after each address, name one that `allowPrivate` would permit? */
export function namesPrivateAddress(sentence: string): boolean {
  return PERMISSIBLE.test(sentence);
}

function refuseIPv4(address: ipaddr.IPv4, allowPrivate: boolean): string | null {
  return METADATA[address.toString()] ?? refuseRange(address.range(), allowPrivate);
}

function refuseIPv6(address: ipaddr.IPv6, allowPrivate: boolean): string | null {
  const metadata = METADATA[address.toString()];
  if (metadata !== undefined) return metadata;
  const range: string = address.range();
  const [first = 0, second = 0, third = 0] = address.parts;
  if (range === "ipv4Mapped") return refuseIPv4(address.toIPv4Address(), allowPrivate);
  if (range === "6to4") return within("a 6to4 address", embedded(second, third));
  if (range === "rfc6052" && third === 0) return within("a NAT64 address", embeddedLast(address));
  if (range === "rfc6052") return "an address of a local NAT64";
  if (range === "rfc6145") return within("a translated address", embeddedLast(address));
  if (range === "unicast") return first >= 0x2000 && first <= 0x3fff ? null : "not a global address";
  return refuseRange(range, allowPrivate);
}

function refuseRange(range: string, allowPrivate: boolean): string | null {
  if (range === "unicast") return null;
  if (range in PRIVATE_RANGES) return allowPrivate ? null : (PRIVATE_RANGES[range] ?? null);
  return FORBIDDEN_RANGES[range] ?? "an address for special services";
}

/** A translated address leads to the IPv4 address inside, but nobody reaches a private network that way on purpose. */
function within(form: string, inner: ipaddr.IPv4): string | null {
  const reason = refuseIPv4(inner, false);
  return reason === null ? null : `${form} of ${inner.toString()}, ${reason}`;
}

function embeddedLast(address: ipaddr.IPv6): ipaddr.IPv4 {
  return embedded(address.parts[6] ?? 0, address.parts[7] ?? 0);
}

function embedded(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
