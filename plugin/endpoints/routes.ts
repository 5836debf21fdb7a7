import { createTransfers } from "../access/transfers.ts";
import type { OcmApi } from "../api.ts";
import { pageRoutes } from "../pages/page-routes.ts";
import type { HostUsers } from "../ports/host.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { WayfServers } from "../ports/wayf.ts";
import { OcmError } from "../protocol/errors.ts";
import type { SharingContext } from "../sharing/context.ts";
import { MESSAGE_LIMIT } from "./body.ts";
import { davRoutes } from "./dav.ts";
import { remoteDavRoutes } from "./dav-remote.ts";
import { inviteAcceptedRoute } from "./invite-accepted.ts";
import { notificationsRoute } from "./notifications.ts";
import type { PeerAuth } from "./peer-auth.ts";
import type { Route } from "./route.ts";
import { sharesRoute } from "./shares.ts";
import { type SeenSignatures, tokenRoute } from "./token.ts";
import { userRoutes } from "./user/user-routes.ts";
import { wayfEndpoint } from "./wayf.ts";

export interface RoutesDependencies {
  context: SharingContext;
  auth: PeerAuth;
  seen: SeenSignatures;
  api: OcmApi;
  users: HostUsers;
  /** Name of this server for people. */
  name: string;
  /** Scheme and host[:port] of this server. */
  origin: string;
  /** Prefix as a browser sees it. */
  publicPrefix: string;
  telemetry: Pick<Telemetry, "transfer">;
  /** Where the WAYF page leads; `toInsecure`: to servers without TLS as well. */
  wayf: { servers: WayfServers; toInsecure: boolean };
  features: Record<"pages" | "wayf" | "userApi", boolean>;
}

/** The routes table: all that this server answers, but for its constant documents. */
export function allRoutes(dependencies: RoutesDependencies): Route[] {
  const { context, auth, seen, api, users, name, origin, publicPrefix, telemetry, wayf, features } = dependencies;
  const ownHost = context.self.host;
  const transfers = createTransfers(context.system, () => telemetry.transfer("own"));
  const routes = [
    sharesRoute(context, auth),
    notificationsRoute(context, auth),
    inviteAcceptedRoute(context, auth),
    tokenRoute(context, auth, seen),
    requestShareRoute(),
    ...remoteDavRoutes({
      session: context.host.session,
      users,
      remote: api.received,
      store: context.store,
      system: context.system,
      // What flows from received shares is counted where it comes from.
      transfers: createTransfers(context.system),
      ownHost,
      publicPrefix,
      origin,
    }),
    ...davRoutes(context, transfers, { origin, publicPrefix: `${publicPrefix}/dav` }),
    ...userRoutes({ api, users, ownHost, name }),
    ...pageRoutes({ api, users, session: context.host.session, ownHost, name, prefix: publicPrefix }),
    ...wayfEndpoint({ context, servers: wayf.servers, name, publicPrefix, toInsecure: wayf.toInsecure }),
  ];
  return routes.filter(
    (route) => route.feature === undefined || features[route.feature as "pages" | "wayf" | "userApi"],
  );
}

/** POST /request-share: known and not offered (draft section 7). */
function requestShareRoute(): Route {
  return {
    method: "POST",
    base: "prefix",
    path: "/request-share",
    body: { kind: "json", limit: MESSAGE_LIMIT },
    access: { kind: "open" },
    summary: "Asking for a share is not supported: 501",
    reference: "draft section 7",
    async handle() {
      throw new OcmError("not-supported");
    },
  };
}
