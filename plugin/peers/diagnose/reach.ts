import { isIP } from "node:net";
import { type ServerCertificate, TransportError } from "../../ports/system.ts";
import { refuseAddress } from "../address-filter.ts";
import { isLoopbackHost } from "../host-pattern.ts";
import type { Examination } from "./examination.ts";
import { failed, ok, shown, skipped, type Verdict, warning } from "./finding.ts";

const DAY = 24 * 3600 * 1000;
/** A certificate that runs out sooner than this is worth a warning, in days. */
const FEW_DAYS = 14;
const MANY_NAMES = 5;

/** May this server and that one talk at all? */
export async function checkPolicy({ host, trust, settings, self, found }: Examination): Promise<Verdict> {
  const refusal = trust.refuse(host);
  if (refusal !== null) {
    return failed(refusal, "Change trust.allow or trust.deny if this server should federate with it.");
  }
  found.admitted = true;
  if (host === self.host) return ok(`${host} is this server itself.`);
  const { entry } = settings.of(host);
  const named = entry === null ? "" : ` It has settings of its own: peers["${entry}"].`;
  const stranger = trust.isKnown(host) ? "" : " Nobody has named it here, so its shares come with a warning.";
  return ok(`The trust policy admits ${host}.${named}${stranger}`);
}

/** What this server remembers of the peer. */
export async function checkHistory({ host, health }: Examination): Promise<Verdict> {
  const record = await health(host);
  if (record === undefined) return skipped(`This server has not turned to ${host} before.`);
  const { unreachableSince, failures, lastError, lastSeenAt } = record;
  const error = lastError === null ? "" : ` Last error: ${lastError.message} (${lastError.code})`;
  if (unreachableSince !== null) {
    return warning(
      `This server has taken it for unreachable since ${timeOf(unreachableSince)}.${error}`,
      "It is tried again by itself in the background, and what waits is sent then.",
    );
  }
  if (failures > 0) return ok(`The last ${failures} of its answers did not come.${error}`);
  return ok(lastSeenAt === null ? "No failure is remembered." : `It last answered at ${timeOf(lastSeenAt)}.`);
}

/** The addresses of its name, as this machine resolves it. */
export async function checkDns({ host, system, outboundProxy, found }: Examination): Promise<Verdict> {
  if (!found.admitted) return skipped("Nothing is sent to a peer that the policy refuses.");
  const { name } = nameAndPort(host);
  if (isIP(name) !== 0) {
    found.addresses = [name];
    return skipped(`${name} is an address already.`);
  }
  try {
    found.addresses = [...new Set(await system.resolve(name))];
    return ok(`${name} is at ${found.addresses.join(", ")}.`);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    if (outboundProxy === undefined) {
      return failed(error.message, "Check how the name is written, and the name server that this machine asks.");
    }
    found.permitted = true;
    return skipped(`${error.message} The outbound proxy has to resolve it.`);
  }
}

/** What the address filter says of each address. */
export async function checkAddress({ host, connection, found }: Examination): Promise<Verdict> {
  if (found.addresses === undefined) return skipped("There is no address to look at.");
  const judged = found.addresses.map((address) => ({ address, reason: connection.message.refuse(address) }));
  const refused = judged.filter(({ reason }) => reason !== null);
  const list = refused.map(({ address, reason }) => `${address} (${reason})`).join(", ");
  if (refused.length < judged.length) {
    found.permitted = true;
    const permitted = judged.filter(({ reason }) => reason === null).map(({ address }) => address);
    const rest = refused.length === 0 ? "" : `; not to ${list}`;
    return ok(`Connections may be made to ${permitted.join(", ")}${rest}.`);
  }
  const couldBePermitted = refused.some(({ address }) => refuseAddress(address, true) === null);
  return failed(
    `No connection is made to ${list}.`,
    couldBePermitted
      ? `If the peer belongs there, permit it: peers: { "${host}": { allowPrivateAddresses: true } }.`
      : "Such addresses are never permitted: the name has to lead to a public one.",
  );
}

/** The connection and the certificate. */
export async function checkTls(examination: Examination): Promise<Verdict> {
  const { host, system, connection, found } = examination;
  if (!found.permitted) return skipped("There is no address to connect to.");
  const { name, port } = nameAndPort(host);
  if (connection.message.proxy !== undefined || system.certificate === undefined) {
    found.connected = true;
    const reason = connection.message.proxy === undefined ? "here" : "through the outbound proxy";
    return skipped(`The certificate cannot be looked at ${reason}; discovery shows whether it is good.`);
  }
  let certificate: ServerCertificate;
  try {
    certificate = await system.certificate(name, port ?? 443, connection.message);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return withoutTls(examination, error, port);
  }
  if (certificate.fault === null) found.connected = true;
  return judge(host, certificate, system.now());
}

/** Where the operator permits plain http, the lack of TLS is no fault. */
function withoutTls({ host, connection, found }: Examination, error: TransportError, port: number | null): Verdict {
  if (connection.allowInsecureHttp && error.failure === "tls") {
    found.connected = true;
    if (isLoopbackHost(host)) return ok("It answers without TLS, which is permitted for it on this machine.");
    return warning("It answers without TLS, which is permitted for it: whoever is on the way can read everything.");
  }
  if (connection.allowInsecureHttp && port === null) {
    found.connected = true;
    return skipped(`${error.message} Plain http is permitted for it and is tried next.`);
  }
  if (error.failure === "tls") {
    return failed(error.message, "Check that this port speaks TLS and not plain http.");
  }
  return failed(
    error.message,
    "Check that the server runs, that it listens on this port, and what a firewall lets through.",
  );
}

function judge(host: string, certificate: ServerCertificate, now: number): Verdict {
  const { protocol, issuer, names, validTo, fault } = certificate;
  const days = Math.floor((validTo - now) / DAY);
  const by = issuer === "" ? "" : ` by "${shown(issuer)}"`;
  const end = `${days} days left, until ${timeOf(validTo).slice(0, 10)}`;
  if (fault === null) {
    const message = `${protocol}, certificate${by}, ${end}.`;
    return days < FEW_DAYS ? warning(message, "Its operator has to renew the certificate.") : ok(message);
  }
  if (validTo < now) return failed(fault, `Its operator has to renew the certificate, which ended ${timeOf(validTo)}.`);
  if (/another host/.test(fault)) {
    const some = names.slice(0, MANY_NAMES).map((name) => shown(name));
    const more = names.length > MANY_NAMES ? " and others" : "";
    return failed(`${fault} It is for ${some.join(", ")}${more}.`, "Its operator has to get one for this name.");
  }
  return failed(
    `${fault} It is${by || " of an unnamed issuer"}, ${end}.`,
    `If the authority is one of yours, give its certificate: peers: { "${host}": { ca: "-----BEGIN CERTIFICATE…" } }.`,
  );
}

function nameAndPort(host: string): { name: string; port: number | null } {
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name: name.replace(/^\[(.*)\]$/, "$1"), port: port === undefined ? null : Number(port) };
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "an unreadable date";
}
