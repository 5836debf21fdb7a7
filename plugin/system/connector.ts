import { isIP, type LookupFunction, type Socket } from "node:net";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { buildConnector } from "undici";
import { type ConnectPolicy, TransportError } from "../ports/system.ts";
import { toTransportError } from "./transport-errors.ts";

/** All addresses of a name, as this machine resolves it, or as name servers do where the name is a stranger's. */
export type Lookup = (hostname: string, publicNames?: boolean) => Promise<string[]>;

/**
 * Makes the connections of one policy. A name is resolved once, every address is shown to the policy, and only the permitted ones
 * are connected to, one after the other until one answers; so a name cannot resolve to one address for the check and to another for
 * the connection. Each new connection of a pool goes through here.
 */
export function guardedConnector(policy: ConnectPolicy, lookup: Lookup): buildConnector.connector {
  const connect = buildConnector({
    timeout: policy.timeout,
    allowH2: false,
    autoSelectFamily: true,
    // A silent address must leave time for the others.
    autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(policy.timeout / 4)),
    lookup: guardedLookup(policy, lookup),
    ...trust(policy),
  });
  return (options, callback) => {
    const peer = options.host ?? options.hostname;
    const fail = (error: unknown) => callback(toTransportError(error, peer, true), null);
    const refusal = isIP(options.hostname) === 0 ? null : policy.refuse(options.hostname);
    if (refusal !== null) return fail(addressRefused(peer, [{ address: options.hostname, reason: refusal }]));
    return connect(options, (error: Error | null, socket: Socket | null) => {
      if (error !== null || socket === null) return fail(error);
      const remote = socket.remoteAddress;
      const reason = remote === undefined ? "it has closed the connection again" : policy.refuse(remote);
      if (reason === null) return callback(null, socket);
      socket.on("error", () => {}).destroy();
      fail(remote === undefined ? new Error(reason) : addressRefused(peer, [{ address: remote, reason }]));
    });
  };
}

/**
 * The first guard where a proxy makes the connections: refuses addresses in URLs and names that resolve to a refused address here. A
 * name that this machine cannot resolve is left to the proxy.
 * @throws TransportError address-refused
 */
export async function checkBeforeProxy(
  hostname: string,
  peer: string,
  policy: ConnectPolicy,
  lookup: Lookup,
): Promise<void> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  const addresses = isIP(literal) === 0 ? await lookup(hostname, policy.publicNames).catch(() => []) : [literal];
  const { refused } = sift(addresses, policy);
  if (refused.length > 0) throw addressRefused(peer, refused);
}

/** The trust anchors of a policy. Reading them is slow, so it is done once. */
export function trust(policy: ConnectPolicy): { secureContext?: SecureContext } {
  if (policy.ca === undefined) return {};
  return { secureContext: createSecureContext({ ca: [...getCACertificates("default"), policy.ca] }) };
}

function guardedLookup(policy: ConnectPolicy, lookup: Lookup): LookupFunction {
  return (hostname, _options, callback) => {
    lookup(hostname, policy.publicNames).then(
      (addresses) => {
        const { permitted, refused } = sift(addresses, policy);
        if (permitted.length > 0) return callback(null, permitted);
        callback(refused.length > 0 ? addressRefused(hostname, refused) : noAddress(hostname), []);
      },
      (error) => callback(error, []),
    );
  };
}

interface Refused {
  address: string;
  reason: string;
}

function sift(addresses: string[], policy: ConnectPolicy) {
  const permitted: { address: string; family: number }[] = [];
  const refused: Refused[] = [];
  for (const address of addresses) {
    const reason = policy.refuse(address);
    if (reason === null) permitted.push({ address, family: isIP(address) });
    else refused.push({ address, reason });
  }
  return { permitted, refused };
}

function addressRefused(peer: string, refused: Refused[]): TransportError {
  const list = refused.map(({ address, reason }) => `${address} (${reason})`).join(", ");
  return new TransportError("address-refused", `${peer} is at an address that is not connected to from here: ${list}.`);
}

function noAddress(hostname: string): TransportError {
  return new TransportError("dns", `The name of ${hostname} cannot be resolved. The name has no address.`);
}
