import { z } from "zod";
import type { InvitesApi } from "../../api.ts";
import type { Route } from "../route.ts";
import { pageQuery, parseBody, parseQuery, text } from "./input.ts";
import { json } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { inviteView, newInviteView, pageView } from "./views.ts";

const newInvite = z
  .strictObject({
    note: text(1000).optional().describe("For the inviting person only: whom the invite is for."),
    expiresInDays: z.number().int().min(1).max(365).optional().describe("Default: the server's setting."),
  })
  .meta({ title: "InviteRequest" });

/** Invites that the person made (draft section 4.4). */
export function inviteRoutes({ invites }: { invites: InvitesApi }): Route[] {
  return [
    userRoute({
      method: "POST",
      path: "/invites",
      body: JSON_BODY,
      summary: "Make an invite; its string is shown this one time",
      openapi: {
        operationId: "createInvite",
        request: newInvite,
        responses: { 201: { description: "The invite, with its string.", schema: schemas.newInvite } },
      },
      async handle(call) {
        const options = parseBody(newInvite, call.json);
        return json(201, newInviteView(await invites.create(call.user.id, options, { requestId: call.requestId })));
      },
    }),
    userRoute({
      method: "GET",
      path: "/invites",
      summary: "Invites that I made, newest first",
      openapi: {
        operationId: "listInvites",
        query: pageQuery,
        responses: { 200: { description: "A page of invites.", schema: schemas.pageOf(schemas.invite) } },
      },
      async handle(call) {
        const page = parseQuery(pageQuery, call.query);
        return json(200, pageView(await invites.list(call.user.id, page), inviteView));
      },
    }),
    userRoute({
      method: "DELETE",
      path: "/invites/:id",
      summary: "Withdraw an invite that nobody has accepted",
      openapi: {
        operationId: "revokeInvite",
        responses: { 200: { description: "The invite, now withdrawn.", schema: schemas.invite } },
      },
      async handle(call) {
        return json(
          200,
          inviteView(await invites.revoke(call.user.id, call.params.id ?? "", { requestId: call.requestId })),
        );
      },
    }),
  ];
}
