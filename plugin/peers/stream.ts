import { PeerFailure, type PeerStreamAnswer, type PeerStreamRequest } from "../ports/peer-client.ts";
import type { System, TransportResponse } from "../ports/system.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { Connections } from "./connections.ts";
import { checkedUrl } from "./endpoints.ts";
import { isGatewayStatus, transportFailure } from "./failures.ts";
import { commonHeaders, placeOf, refuseRedirect } from "./http.ts";

/** A large folder takes the owner a while. */
const HEADERS_TIMEOUT = 60_000;
const IDLE_TIMEOUT = 60_000;

export interface StreamContext {
  system: System;
  connections: Connections;
  report(host: string, failure: PeerFailure | null): void;
  telemetry: Pick<Telemetry, "ask">;
}

/**
 * Opens a request for the bytes of a share. Its URL may be on another host than the peer (G-38), under the rules of the peer. The body
 * has no limit and no deadline, only limits on silence; it fails with a TransportError.
 * @throws PeerFailure
 */
export async function openStream(
  { system, connections, report, telemetry }: StreamContext,
  { host, method, url, headers, body, requestId, signal }: PeerStreamRequest,
): Promise<PeerStreamAnswer> {
  const { stream, allowInsecureHttp } = connections(host);
  const target = checkedUrl(host, url, allowInsecureHttp);
  let response: TransportResponse;
  try {
    response = await telemetry.ask({ method, url: target, host, template: "{resource}" }, () =>
      system.fetch({
        method,
        url: target,
        headers: { ...headers, ...commonHeaders(requestId) },
        connect: stream,
        headersTimeout: HEADERS_TIMEOUT,
        idleTimeout: IDLE_TIMEOUT,
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  } catch (error) {
    const failure = transportFailure(host, error);
    report(host, failure);
    throw failure;
  }
  const { status } = response;
  const place = placeOf(target);
  report(host, isGatewayStatus(status) ? gatewayFailure(host, place, status) : null);
  refuseRedirect(host, place, response);
  return response;
}

function gatewayFailure(host: string, place: string, status: number): PeerFailure {
  return new PeerFailure("peer-error", host, `${place} answered with status ${status}.`, { status });
}
