import type { Route } from "../../plugin/endpoints/route.ts";
import { allRoutes, type RoutesDependencies } from "../../plugin/endpoints/routes.ts";

export type DocumentedRoute = Pick<
  Route,
  "method" | "base" | "path" | "body" | "access" | "feature" | "summary" | "reference"
>;

/** What is answered before any router, so that the table need not have it. */
const CONSTANT_DOCUMENTS: readonly DocumentedRoute[] = [
  {
    method: "GET",
    base: "root",
    path: "/.well-known/ocm",
    body: { kind: "none" },
    access: { kind: "open" },
    summary: "The discovery document",
    reference: "draft section 5",
  },
  {
    method: "GET",
    base: "root",
    path: "/.well-known/jwks.json",
    body: { kind: "none" },
    access: { kind: "open" },
    feature: "wellKnownJwks",
    summary: "The public keys of this server, as a JWK Set",
    reference: "RFC 7517",
  },
];

/** All that the plugin answers. The table's handlers are made, and never called. */
export function documentedRoutes(): readonly DocumentedRoute[] {
  return [...CONSTANT_DOCUMENTS, ...allRoutes(standIn as RoutesDependencies)];
}

/** Has every property, each of them itself: enough for making handlers, and every feature is on. */
const standIn: unknown = new Proxy(() => standIn, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => "" : standIn),
});
