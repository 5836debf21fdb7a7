import type { Access, BodyKind } from "../../plugin/endpoints/route.ts";
import { code, page, table } from "./markdown.ts";
import type { DocumentedRoute } from "./routes.ts";

const ABOUT = `\`{prefix}\` is the option \`prefix\`, "/ocm" where nothing else is said. Paths without it are at the root of the origin. Error
bodies and codes: [errors.md](errors.md).`;

/** `docs/endpoints.md`: one line for each row of the routes table. */
export function endpointsPage(routes: readonly DocumentedRoute[]): string {
  const rows = routes.map((route) => [
    route.method === "ALL" ? "any" : route.method,
    code(route.base === "prefix" ? `{prefix}${route.path}` : route.path),
    route.summary,
    accessText(route.access),
    bodyText(route.body),
    route.feature === undefined ? "" : code(`${route.feature}: false`),
    route.reference ?? "",
  ]);
  const head = ["Method", "Path", "What it does", "Who may call it", "Body", "Off with", "Reference"];
  return page("Endpoints", "the routes table, plugin/endpoints/routes.ts", ABOUT, table(head, rows));
}

function accessText(access: Access): string {
  switch (access.kind) {
    case "open":
      return "anybody";
    case "session":
      return "a local user";
    case "share":
      return "who holds the share's token or secret";
    case "peer":
      return `a peer: ${access.policy}`;
  }
}

function bodyText(body: BodyKind): string {
  switch (body.kind) {
    case "none":
      return "";
    case "stream":
      return "stream";
    case "json":
      return `JSON, ${sizeText(body.limit)}`;
    case "form":
      return `form, ${sizeText(body.limit)}`;
  }
}

function sizeText(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB at most` : `${bytes} bytes at most`;
}
