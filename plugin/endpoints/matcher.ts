import { METHODS } from "node:http";
import { Router } from "@koa/router";
import { OcmError } from "../protocol/errors.ts";
import type { Route } from "./route.ts";

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** Finds the row of the routes table for a request. */
export interface Matcher {
  /**
   * @returns the match, or undefined when no row has this path
   * @throws OcmError method-not-allowed (with the allowed ones), bad-request and path-invalid for malformed parameters
   */
  match(method: string, path: string): Match | undefined;
  /** Methods that the path has. */
  allowed(path: string): string[];
}

/** Compiles the rows with @koa/router; of the host's context nothing is touched. */
export function createMatcher(routes: readonly Route[]): Matcher {
  const router = new Router();
  const byName = new Map<string, Route>();
  for (const [index, route] of routes.entries()) {
    const methods = route.method === "ALL" ? METHODS : [route.method];
    router.register(route.path, [...methods], [async () => {}], { name: String(index) });
    byName.set(String(index), route);
  }

  function allowed(path: string): string[] {
    const methods = router.match(path, "GET").path.flatMap((layer) => layer.methods);
    return [...new Set(methods)].sort();
  }

  const exact = exactMatches(routes, router);

  return {
    allowed,
    match(method, path) {
      const route = exact.get(`${method} ${path}`);
      return route === undefined ? search(method, path) : { route, params: {} };
    },
  };

  function search(method: string, path: string): Match | undefined {
    const { path: onPath, pathAndMethod } = router.match(path, method);
    const layer = pathAndMethod[0];
    const route = layer === undefined ? undefined : byName.get(String(layer.name));
    if (layer === undefined || route === undefined) {
      if (onPath.length > 0) throw new OcmError("method-not-allowed");
      return undefined;
    }
    const params: Record<string, string> = {};
    for (const [index, value] of layer.captures(path).entries()) {
      const name = layer.paramNames[index]?.name;
      if (name !== undefined && value !== undefined) params[name] = decoded(value);
    }
    return { route, params };
  }
}

/** The rows without parameters, by method and path, as far as the router would choose them: it tries each row in turn. */
function exactMatches(routes: readonly Route[], router: Router): Map<string, Route> {
  const chosen = ({ method, path }: Route) => router.match(path, method).pathAndMethod[0]?.name;
  return new Map(
    routes.flatMap((route, index) =>
      route.method !== "ALL" && !/[:*{]/.test(route.path) && chosen(route) === String(index)
        ? [[`${route.method} ${route.path}`, route] as const]
        : [],
    ),
  );
}

/** Percent-decoding segment by segment, so that an encoded slash never becomes a separator. */
function decoded(value: string): string {
  return value.split("/").map(decodedSegment).join("/");
}

function decodedSegment(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw new OcmError("bad-request", { message: "The address has a malformed percent-encoding." });
  }
  if (text.includes("/") || text.includes("\0")) throw new OcmError("path-invalid");
  return text;
}
