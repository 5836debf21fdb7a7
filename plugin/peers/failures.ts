import { PeerFailure, type PeerFailureCode } from "../ports/peer-client.ts";
import { TransportError, type TransportFailure } from "../ports/system.ts";
import { namesPrivateAddress } from "./address-filter.ts";

const CODES: Record<TransportFailure, PeerFailureCode> = {
  dns: "peer-dns",
  "address-refused": "peer-address-refused",
  connect: "peer-unreachable",
  tls: "peer-tls",
  timeout: "peer-timeout",
  reset: "peer-unreachable",
  aborted: "peer-unreachable",
  "bad-url": "peer-bad-answer",
};

/**
 * No answer came from the peer: says why, in the words of the transport. Where an option would change that it is named: the sentence is
 * for people of this server, and no answer to a peer has it.
 */
export function transportFailure(host: string, error: unknown): PeerFailure {
  if (error instanceof PeerFailure) return error;
  if (!(error instanceof TransportError)) {
    return new PeerFailure("peer-error", host, `${host} could not be asked: something went wrong here.`, {
      cause: error,
    });
  }
  const final = error.failure === "address-refused" || error.failure === "bad-url";
  const sentence = `${error.message}${advice(host, error)}`;
  return new PeerFailure(CODES[error.failure], host, sentence, { cause: error, final });
}

/** The rules of the peer count also where its URL is on another host. */
function advice(host: string, { failure, message }: TransportError): string {
  if (failure !== "address-refused" || !namesPrivateAddress(message)) return "";
  return ` If it belongs there, permit it: peers: { "${host}": { allowPrivateAddresses: true } }.`;
}

/** Was the request broken off on this side, or did something go wrong here? Then it says nothing about the peer. */
export function isOurs({ code, status, cause }: PeerFailure): boolean {
  return (cause instanceof TransportError && cause.failure === "aborted") || (code === "peer-error" && status === null);
}

/** Did the failure come before the request can have reached the peer? */
export function isBeforeSending(failure: PeerFailure): boolean {
  return (
    failure.cause instanceof TransportError &&
    ["dns", "address-refused", "connect", "tls"].includes(failure.cause.failure)
  );
}

/** A gateway speaks instead of the peer: that counts as no answer. */
export function isGatewayStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/**
 * Does this failure count against the peer's health? Only when nobody answered, or a gateway did in its place; a peer that answers
 * with an error is there.
 */
export function showsUnreachable(failure: PeerFailure): boolean {
  if (isOurs(failure)) return false;
  if (failure.code === "peer-error") return failure.status !== null && isGatewayStatus(failure.status);
  return ["peer-dns", "peer-unreachable", "peer-tls", "peer-timeout"].includes(failure.code);
}
