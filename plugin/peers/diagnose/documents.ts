import { PeerFailure } from "../../ports/peer-client.ts";
import { senderFlow } from "../../protocol/code-flow.ts";
import { accepts, demands, exchangesTokens, has, type PeerProfile, webdavPrefix } from "../../protocol/profile.ts";
import type { Examination } from "./examination.ts";
import { failed, ok, shown, skipped, type Verdict, warning } from "./finding.ts";

const DRAFT_PATH = "/.well-known/ocm";
/** Criteria that the draft defines (section 5.3). */
const CRITERIA = ["must-use-http-sig", "must-exchange-token", "must-invite", "denylist", "allowlist"];

/** Its discovery document (draft section 5): where it is and what it names. */
export async function checkDiscovery(examination: Examination): Promise<Verdict> {
  const { host, discovery, exchanges, requestId, found } = examination;
  if (!found.connected) return skipped("There is no connection.");
  try {
    found.discovered = await discovery.get(host, { maxAge: 0, requestId });
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error;
    return failed(error.message, afterDiscoveryFailure(error));
  }
  const { profile } = found.discovered;
  const asked = exchanges.filter(({ method }) => method === "GET");
  const url = asked.at(-1)?.url ?? host;
  const provider = profile.provider === null ? "" : `"${shown(profile.provider)}", `;
  if (!profile.enabled) {
    return failed(`${url} answers: ${provider}enabled is false.`, "Its operator has switched OCM off.");
  }
  const message = `${url} answers: ${provider}OCM ${shown(profile.apiVersion, 30)}, API at ${shown(profile.endPoint)}.`;
  const first = asked.find(({ url }) => url.endsWith(DRAFT_PATH));
  if (url.endsWith(DRAFT_PATH) || first === undefined) return ok(message);
  return warning(
    `${message} ${first.url} itself answered ${first.status}${redirected(first.headers.location)}.`,
    `Its operator should serve the document at ${DRAFT_PATH}, without a redirect: other servers may look nowhere else.`,
  );
}

function redirected(location: string | undefined): string {
  return location === undefined ? "" : ` with a redirect to ${shown(location)}`;
}

function afterDiscoveryFailure({ code }: PeerFailure): string {
  switch (code) {
    case "peer-redirect":
      return "Use the host that it redirects to, or ask its operator to answer at this one.";
    case "peer-not-ocm":
      return `Ask its operator whether OCM is switched on, and whether ${DRAFT_PATH} is passed on to it.`;
    case "peer-error":
      return "Ask its operator to look into its log.";
    case "peer-tls":
      return `If the authority is one of yours, give its certificate as the setting "ca" of this peer.`;
    default:
      return "Check that it is the right server, and ask its operator to look into its log.";
  }
}

/** What will work between the two servers, by what each offers and demands (draft sections 5.3 and 10.4). */
export async function checkCapabilities({ host, trust, found }: Examination): Promise<Verdict> {
  const profile = found.discovered?.profile;
  if (profile === undefined) return skipped("There is no discovery document.");
  const ours = senderFlow({ exchangeToken: true }, profile);
  const outward = !ours.create ? "not possible" : ours.strict ? "by access token only (strict)" : "by shared secret";
  const inward = exchangesTokens(profile) ? "by access token" : "by shared secret";
  const works = [
    `Shares to it: ${outward}`,
    `from it: ${inward}`,
    `folders: ${accepts(profile, "folder", "user", "webdav") ? "yes" : "no"}`,
    `signatures: ${has(profile, "http-sig") ? "yes" : "not advertised"}`,
    `invites: ${has(profile, "invites") ? "yes" : "not advertised"}`,
  ].join("; ");
  const problems = [...problemsOf(profile), ...conflicts(host, trust, profile)];
  const demanded = profile.criteria.filter((criterion) => CRITERIA.includes(criterion));
  const message = [
    `${works}.`,
    demanded.length === 0 ? "" : `It demands ${demanded.join(", ")}.`,
    ...problems.map(({ message }) => message),
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
  const next = problems.find((problem) => problem.next !== undefined)?.next;
  if (!ours.create) return failed(`${message} ${ours.reason}`, next);
  return problems.length === 0 ? ok(message) : warning(message, next);
}

interface Problem {
  message: string;
  next?: string;
}

/** What is wrong with the document, whoever reads it. */
function* problemsOf(profile: PeerProfile): Iterable<Problem> {
  if (has(profile, "exchange-token") && profile.tokenEndPoint === null) {
    yield {
      message: "It advertises exchange-token without a usable tokenEndPoint.",
      next: "Its operator has to name the tokenEndPoint in the discovery document.",
    };
  }
  if (demands(profile, "must-invite") && !has(profile, "invites")) {
    yield { message: "It demands invites and does not advertise them." };
  }
  if (webdavPrefix(profile, "file") === null) {
    yield { message: "It names no WebDAV path, so shares from it open only where they carry a whole address." };
  }
  const unknown = profile.criteria.filter((criterion) => !CRITERIA.includes(criterion));
  if (unknown.length > 0) yield { message: `It demands what is unknown here: ${shown(unknown.join(", "))}.` };
}

/** What it does not do and this server demands. */
function* conflicts(host: string, trust: Examination["trust"], profile: PeerProfile): Iterable<Problem> {
  if (trust.signaturesOf(host) === "required" && !has(profile, "http-sig")) {
    yield {
      message: "This server demands signatures, so what it sends without one is refused.",
      next: `To take its unsigned messages: peers: { "${host}": { signatures: "if-peer-signs" } }.`,
    };
  }
  if (trust.mustExchangeToken && !exchangesTokens(profile)) {
    yield { message: "This server demands the token exchange (trust.mustExchangeToken), so its shares are refused." };
  }
  if (trust.mustInvite && !has(profile, "invites")) {
    yield { message: "This server takes shares from invited contacts only (trust.mustInvite)." };
  }
}
