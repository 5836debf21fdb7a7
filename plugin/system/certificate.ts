import { isIP } from "node:net";
import { connect, type PeerCertificate, type TLSSocket } from "node:tls";
import { type ConnectPolicy, type ServerCertificate, TransportError } from "../ports/system.ts";
import { type Lookup, trust } from "./connector.ts";
import { toTransportError } from "./transport-errors.ts";

/**
 * Makes one TLS connection under the policy, looks at the certificate and hangs up; nothing is sent. Each permitted address is tried,
 * one after the other, within the policy's time.
 * @throws TransportError when no TLS connection comes about
 */
export async function readCertificate(
  hostname: string,
  port: number,
  policy: ConnectPolicy,
  lookup: Lookup,
): Promise<ServerCertificate> {
  const name = hostname.replace(/^\[(.*)\]$/, "$1");
  const peer = `${hostname}:${port}`;
  try {
    const addresses = (isIP(name) === 0 ? await lookup(name, policy.publicNames) : [name]).filter(
      (one) => policy.refuse(one) === null,
    );
    if (addresses.length === 0) {
      throw new TransportError("address-refused", `${peer} has no address that is connected to from here.`);
    }
    const timeout = Math.ceil(policy.timeout / addresses.length);
    return await firstAnswer(addresses, (address) => shake({ address, port, name, peer, timeout, policy }));
  } catch (error) {
    throw toTransportError(error, peer, true);
  }
}

async function firstAnswer<T>(addresses: string[], attempt: (address: string) => Promise<T>): Promise<T> {
  const errors: unknown[] = [];
  for (const address of addresses) {
    try {
      return await attempt(address);
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}

interface Handshake {
  address: string;
  port: number;
  /** Host name or IP address that the certificate has to be for. */
  name: string;
  /** host:port, for sentences. */
  peer: string;
  timeout: number;
  policy: ConnectPolicy;
}

function shake({ address, port, name, peer, timeout, policy }: Handshake): Promise<ServerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      // It is only looked at: nothing is ever sent to a server whose certificate is not trusted.
      rejectUnauthorized: false,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...trust(policy),
    });
    socket.once("secureConnect", () => {
      resolve(seen(socket, address, peer));
      socket.destroy();
    });
    // A limit on silence alone could be stretched for ever.
    AbortSignal.timeout(timeout).addEventListener("abort", () => {
      socket.destroy(new TransportError("timeout", `${peer} did not answer in time.`));
    });
    socket.once("close", () => reject(new TransportError("reset", `${peer} broke the connection off.`)));
    socket.on("error", reject);
  });
}

function seen(socket: TLSSocket, address: string, peer: string): ServerCertificate {
  const certificate = socket.getPeerCertificate();
  return {
    address,
    protocol: socket.getProtocol() ?? "TLS",
    issuer: issuerOf(certificate),
    names: namesOf(certificate),
    validFrom: Date.parse(certificate.valid_from),
    validTo: Date.parse(certificate.valid_to),
    fault: socket.authorized ? null : faultOf(socket.authorizationError, peer),
  };
}

function issuerOf({ issuer }: PeerCertificate): string {
  return [issuer?.CN ?? issuer?.O ?? ""].flat().join(", ");
}

function namesOf({ subjectaltname = "" }: PeerCertificate): string[] {
  return subjectaltname
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
    .filter((entry) => entry !== "");
}

/** Node gives the code alone, against its own types. */
function faultOf(error: unknown, peer: string): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : error;
  return toTransportError(Object.assign(new Error("not trusted"), { code: String(code) }), peer, true).message;
}
