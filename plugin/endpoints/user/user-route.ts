import type { BodyKind, Call, Reply, Route, RouteDocument } from "../route.ts";

/** Where the user API begins, below the prefix. */
export const USER_API = "/api/v1";

/** Bodies of the user API are messages, not files. */
export const JSON_BODY: BodyKind = { kind: "json", limit: 64 * 1024 };

interface UserRoute {
  method: Route["method"];
  /** Below `/api/v1`. */
  path: string;
  /** Default: none. */
  body?: BodyKind;
  summary: string;
  openapi: RouteDocument;
  handle(call: Call): Promise<Reply>;
}

/** One row of the user API: below the prefix and `/api/v1`, for whoever has a session of the host. */
export function userRoute(row: UserRoute): Route {
  return {
    base: "prefix",
    access: { kind: "session" },
    feature: "userApi",
    ...row,
    body: row.body ?? { kind: "none" },
    path: `${USER_API}${row.path}`,
  };
}
