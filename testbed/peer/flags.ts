import { readFile } from "node:fs/promises";
import { BadFlags, named, readWords } from "../launcher/words.ts";
import { CHECK_NAMES } from "./checks/table.ts";
import { isLoopbackName } from "./reach.ts";

const OPTIONS = {
  peer: { type: "string" },
  also: { type: "string" },
  ca: { type: "string" },
  "insecure-http": { type: "boolean" },
  "allow-private-addresses": { type: "boolean" },
  "up-within": { type: "string" },
  as: { type: "string" },
  listen: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  "write-ca": { type: "string" },
  "behind-tls-proxy": { type: "boolean" },
  user: { type: "string" },
  signatures: { type: "string" },
  invite: { type: "string" },
  wait: { type: "string" },
  only: { type: "string" },
  list: { type: "boolean" },
  stay: { type: "boolean" },
  trace: { type: "boolean" },
  har: { type: "string" },
  junit: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean" },
} as const;

export const HELP = `Usage: npm run testbed -- --peer URL [flags]

Puts your own OCM server into a federation with a reference server, and checks it with all flows that need the protocol only. Nobody
but the addresses that you name is asked. What was shared is taken back at the end.

Your server
  --peer URL                  Its scheme and host[:port], as in its OCM Addresses: https://cloud.example.org
  --also URL[,URL]            Other addresses of it, where discovery names some for its API, its tokens or its keys.
  --ca FILE                   PEM certificates of its own authority.
  --insecure-http             It speaks plain http. Only for loopback and private addresses.
  --allow-private-addresses   Its name leads to a loopback or private address, as in a laboratory. localhost needs no flag.
  --up-within SECONDS         Ask again for so long until it answers. Default 0.
  --user NAME                 An account there that may be shared with. Without it the checks that need a share are skipped.

Ours
  --as ORIGIN                 The scheme and host[:port] by which your server reaches ours. Default: http://localhost:PORT
  --listen [HOST:]PORT        Where ours listens. Default: a free port on loopback. HOST may be 0.0.0.0
  --cert FILE --key FILE      What ours shows at an https ORIGIN, in PEM.
  --write-ca FILE             Instead: a new authority issues that, and is written there before your server is asked: let it trust that.
  --behind-tls-proxy          A proxy or tunnel of yours ends TLS for ORIGIN and passes plain http to --listen.
  --signatures RULE           What ours takes: required (default), if-peer-signs, or optional. For older servers.

What people do there
  --invite STRING             An invite that was made there: our person accepts it.
  --wait SECONDS              Wait so long for each of: our invite accepted there, and a file shared there with our person.

What is run and written
  --only CHECK[,CHECK]        These checks and what they need. Those that need --user, --invite or --wait are refused without it.
  --list                      Show the checks with a line each.
  --stay                      Stay up afterwards, so that you can play by hand: accounts and addresses are printed.
  --trace                     Print the conversation as a sequence diagram, with secrets masked.
  --har FILE                  Write the conversation there as an HTTP Archive, with secrets masked.
  --junit FILE                Write the checks there as a JUnit report, also where the server cannot be reached.
  --json FILE                 Write the checks there with all that was found, also where the server cannot be reached.
  --help                      Show this.

Exit codes: 0 every check passed, was skipped, or is a warning; 1 a check failed; 2 a flag is wrong, the server cannot be reached, or is no
OCM server; 130 interrupted.
`;

const SIGNATURES = ["required", "if-peer-signs", "optional"] as const;
/** Checks that can do nothing without another flag. */
const NEEDED_FLAGS: Readonly<Record<string, readonly ["user" | "invite" | "wait", string]>> = {
  share: ["user", "NAME"],
  "share-again": ["user", "NAME"],
  "unknown-fields": ["user", "NAME"],
  unshare: ["user", "NAME"],
  "accept-invite": ["invite", "STRING"],
  "their-acceptance": ["wait", "SECONDS"],
  "their-share": ["wait", "SECONDS"],
  "their-file": ["wait", "SECONDS"],
  "their-notification": ["wait", "SECONDS"],
};
const LONGEST_WAIT_SECONDS = 24 * 3600;

/** What a run was asked for. */
export interface PeerRequest {
  /** Scheme and host[:port]. */
  peer: string;
  also: string[];
  /** PEM. */
  ca: string | undefined;
  insecureHttp: boolean;
  allowPrivateAddresses: boolean;
  upWithinMs: number;
  user: string | null;
  /** Scheme and host[:port]; undefined: loopback, at the port that is free. */
  as: string | undefined;
  listen: { host?: string; port?: number };
  credentials: { cert: string; key: string } | undefined;
  writeCa: string | undefined;
  behindTlsProxy: boolean;
  signatures: (typeof SIGNATURES)[number];
  invite: string | null;
  waitMs: number;
  only: string[] | null;
  stay: boolean;
  trace: boolean;
  har: string | undefined;
  junit: string | undefined;
  json: string | undefined;
}

/** @throws BadFlags */
export async function readPeerFlags(words: string[]): Promise<PeerRequest | "help" | "list"> {
  const { flags, operands } = readWords(words, OPTIONS);
  if ("help" in flags) return "help";
  if ("list" in flags) return "list";
  if (operands[0] !== undefined)
    throw new BadFlags(`“${operands[0]}” is not understood; did you mean --peer ${operands[0]}?`);
  if (flags.peer === undefined) throw new BadFlags("Name your server with --peer https://HOST[:PORT]. See --help.");
  const peer = originIn("peer", flags.peer);
  const insecureHttp = "insecure-http" in flags;
  if (peer.startsWith("http:") && !insecureHttp) {
    throw new BadFlags(`${peer} is plain http: use https, or add --insecure-http if it is in your own network.`);
  }
  const invite = flags.invite ?? null;
  const request: PeerRequest = {
    peer,
    also: (flags.also ?? "")
      .split(",")
      .filter(Boolean)
      .map((url) => originIn("also", url)),
    ca: await content("ca", flags.ca),
    insecureHttp,
    allowPrivateAddresses: "allow-private-addresses" in flags,
    upWithinMs: seconds("up-within", flags["up-within"]),
    user: flags.user === undefined ? null : addressIn(flags.user, new URL(peer).host),
    as: flags.as === undefined ? undefined : originIn("as", flags.as),
    listen: listenIn(flags.listen),
    credentials: await credentialsIn(flags.cert, flags.key),
    writeCa: flags["write-ca"],
    behindTlsProxy: "behind-tls-proxy" in flags,
    signatures: named("signatures", flags.signatures ?? "required", SIGNATURES),
    invite,
    waitMs: seconds("wait", flags.wait),
    only:
      flags.only === undefined
        ? null
        : flags.only
            .split(",")
            .filter(Boolean)
            .map((name) => named("check", name, CHECK_NAMES)),
    stay: "stay" in flags,
    trace: "trace" in flags,
    har: flags.har,
    junit: flags.junit,
    json: flags.json,
  };
  refuseContradictions(request);
  refuseIdle(request);
  return request;
}

/** @throws BadFlags where our own address and what it shows of itself do not fit together */
function refuseContradictions({ as, listen, credentials, writeCa, behindTlsProxy, peer }: PeerRequest): void {
  const ways = [credentials, writeCa, behindTlsProxy || undefined].filter((way) => way !== undefined).length;
  if (as === undefined || as.startsWith("http:")) {
    if (ways > 0) throw new BadFlags("--cert, --write-ca and --behind-tls-proxy are for --as https://HOST[:PORT].");
    if (as !== undefined && !isLoopbackName(new URL(as).hostname)) {
      throw new BadFlags(
        `${as} is plain http, which is only for loopback names: use --as https://… with --write-ca FILE.`,
      );
    }
  } else if (ways === 0) {
    throw new BadFlags(`${as} needs --cert FILE and --key FILE, --write-ca FILE, or --behind-tls-proxy.`);
  }
  if (ways > 1) throw new BadFlags("Of --cert, --write-ca and --behind-tls-proxy only one can be.");
  if (behindTlsProxy && listen.port === undefined) throw new BadFlags("--behind-tls-proxy needs --listen [HOST:]PORT.");
  if (as === peer) throw new BadFlags("--as is the address of your own server; ours needs another.");
}

/** @throws BadFlags where a check was asked for by its name that would be skipped */
function refuseIdle({ only, user, invite, waitMs }: PeerRequest): void {
  const given = { user: user !== null, invite: invite !== null, wait: waitMs > 0 };
  for (const name of only ?? []) {
    const [flag, value] = NEEDED_FLAGS[name] ?? [];
    if (flag !== undefined && !given[flag]) throw new BadFlags(`The check ${name} needs --${flag} ${value}.`);
  }
}

/** @throws BadFlags */
function originIn(flag: string, text: string): string {
  const url = URL.parse(text);
  const isOrigin =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  if (!isOrigin) throw new BadFlags(`--${flag} needs https://HOST[:PORT] without a path; “${text}” is none.`);
  return url.origin;
}

/** An OCM Address at the peer. @throws BadFlags */
function addressIn(user: string, host: string): string {
  if (user.endsWith(`@${host}`)) return user;
  return `${user}@${host}`;
}

/** @throws BadFlags */
function listenIn(text: string | undefined): PeerRequest["listen"] {
  if (text === undefined) return {};
  const [, host, digits = ""] = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits || Number.NaN);
  if (!(port >= 1 && port <= 65535)) throw new BadFlags(`--listen needs [HOST:]PORT; “${text}” is none.`);
  return host === undefined ? { port } : { host: host.replace(/^\[|\]$/g, ""), port };
}

/** @throws BadFlags */
function seconds(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= LONGEST_WAIT_SECONDS)) {
    throw new BadFlags(`--${flag} needs a whole number of seconds from 0 to ${LONGEST_WAIT_SECONDS}.`);
  }
  return value * 1000;
}

/** @throws BadFlags */
async function credentialsIn(cert: string | undefined, key: string | undefined): Promise<PeerRequest["credentials"]> {
  if (cert === undefined && key === undefined) return undefined;
  const [certificate, secret] = [await content("cert", cert), await content("key", key)];
  if (certificate === undefined || secret === undefined) throw new BadFlags("--cert and --key need each other.");
  return { cert: certificate, key: secret };
}

/** @throws BadFlags */
async function content(flag: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadFlags(`--${flag}: ${file} cannot be read.`);
  });
  if (!text.includes("-----BEGIN ")) throw new BadFlags(`--${flag}: ${file} is not in PEM.`);
  return text;
}
