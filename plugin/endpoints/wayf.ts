import { WAYF_PATH, wayfRoutes } from "../pages/wayf-routes.ts";
import { PeerFailure } from "../ports/peer-client.ts";
import type { WayfServers } from "../ports/wayf.ts";
import { OcmError } from "../protocol/errors.ts";
import type { SharingContext } from "../sharing/context.ts";
import type { Call, Route } from "./route.ts";
import { visitorGate } from "./visitor-gate.ts";

/** What visitors without an account may have this server ask of others. */
const LIMITS = { window: 60_000, perAddress: 30, total: 6_000, underWayPerAddress: 4, underWay: 128 };

export interface WayfEndpointOptions {
  context: SharingContext;
  servers: WayfServers;
  /** Name of this server for people. */
  name: string;
  /** Prefix as a browser sees it. */
  publicPrefix: string;
  /** The page may lead to servers without TLS. */
  toInsecure: boolean;
}

/** Absolute URL of the page, without the token. */
export function wayfPageUrl(endPoint: string): string {
  return `${endPoint}${WAYF_PATH}`;
}

/** The WAYF page, with what it may ask of other servers. */
export function wayfEndpoint({ context, servers, name, publicPrefix, toInsecure }: WayfEndpointOptions): Route[] {
  const gate = visitorGate(context.system, LIMITS);
  return wayfRoutes({
    site: name,
    ownHost: context.self.host,
    prefix: publicPrefix,
    servers,
    toInsecure,
    enter(call) {
      const admission = gate.enter(addressOf(call));
      if (admission.admitted) return admission;
      throw new OcmError("too-many-requests", {
        message: "Too many people are being asked for their server at the moment.",
        retryAfter: admission.retryAfter,
      });
    },
    dialogOf: (host, requestId) => dialogOf(context, host, requestId),
  });
}

/**
 * A visitor is told the same whether there is nothing at a name, something else, or an address that is refused: so nobody learns through
 * this server what can be reached from it.
 */
async function dialogOf({ peers }: SharingContext, host: string, requestId: string): Promise<string | null> {
  try {
    const { enabled, inviteAcceptDialog } = await peers.discover(host, { stranger: true, requestId });
    if (enabled) return inviteAcceptDialog;
  } catch (cause) {
    if (!(cause instanceof PeerFailure)) throw cause;
    if (cause.code === "peer-not-allowed") {
      throw new OcmError("peer-not-allowed", { message: `This server does not federate with ${host}.`, cause });
    }
    throw new OcmError("peer-unreachable", { message: `No Open Cloud Mesh server answers at ${host}.`, cause });
  }
  throw new OcmError("peer-incompatible", { message: `${host} has its federation switched off.` });
}

/** Koa's `ip` heeds `app.proxy`; a host without it has the address of the connection. */
function addressOf({ context, request }: Call): string {
  const { ip } = context as { ip?: unknown };
  return typeof ip === "string" ? ip : (request.socket.remoteAddress ?? "");
}
