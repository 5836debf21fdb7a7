import type http from "node:http";
import { onTestFinished } from "vitest";
import type { PeerOptions, TrustOptions } from "../options.ts";
import type { PeerMessage } from "../ports/peer-client.ts";
import { NO_TELEMETRY } from "../ports/telemetry.ts";
import { machine } from "../system/machine.ts";
import { serve } from "../system/servers.test-helper.ts";
import { createPeerClient } from "./client.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { listLogger, markingSigner, memoryPeers, withTestClock } from "./peers.test-helper.ts";
import { createTrust } from "./trust.ts";

const LOCALHOST: PeerOptions = { allowInsecureHttp: true, allowPrivateAddresses: true };
/** Permits servers of the test, and counts them as known. */
export const LAB: Record<string, PeerOptions> = { "localhost:*": LOCALHOST };
/** Permits servers of the test, but does not know them. */
export const STRANGER: Record<string, PeerOptions> = { "localhost:*": { ...LOCALHOST, known: false } };

export interface TestClientOptions {
  peers?: Record<string, PeerOptions>;
  trust?: TrustOptions;
  ownHost?: string;
  outboundProxy?: string;
  store?: ReturnType<typeof memoryPeers>;
  lookup?: (hostname: string) => Promise<string[]>;
}

/** A client on the real network with a clock of the test's own. It is closed when the test ends. */
export function testClient(options: TestClientOptions = {}) {
  const { peers = LAB, trust, ownHost = "own.test", outboundProxy, store = memoryPeers(), lookup } = options;
  const real = machine(lookup === undefined ? {} : { lookup });
  const { system, clock } = withTestClock(real);
  const logger = listLogger();
  const settings = createPeerSettings(peers);
  const client = createPeerClient({
    system,
    signer: markingSigner,
    trust: createTrust(trust, settings),
    settings,
    store,
    logger,
    ownHost,
    outboundProxy,
    telemetry: NO_TELEMETRY,
  });
  onTestFinished(async () => {
    await client.close();
    await real.close();
  });
  return { client, clock, store, logger };
}

/** What the peer says of itself, and what it answers elsewhere; the test may change both at any time. */
export interface Script {
  fields: object;
  api: http.RequestListener;
  discovery?: http.RequestListener;
}

/** A peer on loopback. */
export async function testPeer(api: http.RequestListener = (_request, response) => response.writeHead(201).end("{}")) {
  const script: Script = { fields: {}, api };
  const server = await serve((request, response) => {
    const origin = `http://${request.headers.host}`;
    if (request.url !== "/.well-known/ocm") return script.api(request, response);
    if (script.discovery) return script.discovery(request, response);
    const tokenEndPoint = `${origin}/token`;
    const fields = { enabled: true, apiVersion: "1.4.0", endPoint: `${origin}/ocm`, resourceTypes: [], tokenEndPoint };
    response.end(JSON.stringify({ ...fields, ...script.fields }));
  });
  onTestFinished(server.close);
  return { host: `localhost:${server.port}`, server, script };
}

/** A message to a peer. */
export function message(host: string, endpoint: PeerMessage["endpoint"] = "shares"): PeerMessage {
  return { host, endpoint, body: { json: { name: "a file" } }, requestId: "request-0001" };
}
