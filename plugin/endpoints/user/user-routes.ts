import type { OcmApi } from "../../api.ts";
import type { HostUsers } from "../../ports/host.ts";
import type { Route } from "../route.ts";
import { contactRoutes } from "./contacts.ts";
import { copyRoutes } from "./copies.ts";
import { inviteRoutes } from "./invites.ts";
import { meRoutes } from "./me.ts";
import { openapiDocument } from "./openapi.ts";
import { passwordRoutes } from "./passwords.ts";
import { peopleRoutes } from "./people.ts";
import { receivedContentRoutes } from "./received-content.ts";
import { receivedFileRoutes } from "./received-files.ts";
import { receivedShareRoutes } from "./received-shares.ts";
import { sentShareRoutes } from "./sent-shares.ts";

export interface UserApiDeps {
  api: OcmApi;
  users: HostUsers;
  /** Canonical host[:port] of the OCM Addresses here. */
  ownHost: string;
  /** Name of this server for people. */
  name: string;
}

/**
 * The authenticated user API: the use cases over HTTP for a person's own clients and scripts, and its OpenAPI document. Every
 * handler throws the OcmErrors of the use case it calls, and `invalid-fields` with all that is wrong.
 */
export function userRoutes(deps: UserApiDeps): Route[] {
  const routes = [
    ...meRoutes(deps),
    ...peopleRoutes(deps),
    ...inviteRoutes(deps.api),
    ...contactRoutes(deps.api),
    ...sentShareRoutes(deps.api),
    ...receivedShareRoutes(deps.api),
    ...receivedFileRoutes(deps.api),
    ...receivedContentRoutes(deps.api),
    ...copyRoutes(deps.api),
    ...passwordRoutes(deps.api),
  ];
  return [...routes, documentRoute(routes, `${deps.name}: user API`)];
}

function documentRoute(routes: Route[], title: string): Route {
  let document: Buffer | undefined;
  return {
    method: "GET",
    base: "prefix",
    path: "/api/openapi.json",
    body: { kind: "none" },
    access: { kind: "open" },
    feature: "userApi",
    summary: "The OpenAPI 3.1 document of the user API",
    async handle() {
      document ??= Buffer.from(JSON.stringify(openapiDocument(routes, { title, version: "1" })));
      return {
        status: 200,
        headers: { "content-type": "application/json", "cache-control": "no-cache" },
        body: document,
      };
    },
  };
}
