import type { HostUsers } from "../../ports/host.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Route } from "../route.ts";
import { json } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { userRoute } from "./user-route.ts";

/** Who is logged in, and under which OCM Address others share with this person. */
export function meRoutes({ users, ownHost }: { users: HostUsers; ownHost: string }): Route[] {
  return [
    userRoute({
      method: "GET",
      path: "/me",
      summary: "The person who is logged in, with the OCM Address",
      openapi: { operationId: "getMe", responses: { 200: { description: "The person.", schema: schemas.me } } },
      async handle(call) {
        const user = await users.find(call.user.id);
        if (!user) throw new OcmError("unauthenticated", { message: "This account is gone." });
        return json(200, { id: user.id, displayName: user.displayName, address: `${user.id}@${ownHost}` });
      },
    }),
  ];
}
