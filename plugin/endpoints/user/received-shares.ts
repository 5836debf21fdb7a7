import type { Cause, ReceivedSharesApi, ReceivedShareView } from "../../api.ts";
import type { Route } from "../route.ts";
import { pageQuery, parseQuery } from "./input.ts";
import { json } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { userRoute } from "./user-route.ts";
import { pageView, receivedShareView } from "./views.ts";

const listQuery = pageQuery.extend({ status: schemas.incomingStatus.optional() });

/** Shares that the person was given: the one list of what waits and what is there. No peer is asked for any of this. */
export function receivedShareRoutes({ received }: { received: ReceivedSharesApi }): Route[] {
  const decision = (
    row: { method: "GET" | "POST" | "DELETE"; path: string; summary: string; operationId: string },
    decide: (user: string, id: string, cause: Cause) => Promise<ReceivedShareView>,
  ): Route =>
    userRoute({
      method: row.method,
      path: row.path,
      summary: row.summary,
      openapi: {
        operationId: row.operationId,
        responses: { 200: { description: "The share as it is now.", schema: schemas.receivedShare } },
      },
      async handle(call) {
        return json(
          200,
          receivedShareView(await decide(call.user.id, call.params.id ?? "", { requestId: call.requestId })),
        );
      },
    });

  return [
    userRoute({
      method: "GET",
      path: "/shares/received",
      summary: "Shares that I was given, newest first",
      openapi: {
        operationId: "listReceivedShares",
        query: listQuery,
        responses: { 200: { description: "A page of shares.", schema: schemas.pageOf(schemas.receivedShare) } },
      },
      async handle(call) {
        const page = await received.list(call.user.id, parseQuery(listQuery, call.query));
        return json(200, pageView(page, receivedShareView));
      },
    }),
    decision(
      {
        method: "GET",
        path: "/shares/received/:id",
        summary: "One share that I was given",
        operationId: "getReceivedShare",
      },
      (user, id) => received.get(user, id),
    ),
    decision(
      {
        method: "POST",
        path: "/shares/received/:id/accept",
        summary: "Accept a share; may be repeated",
        operationId: "acceptShare",
      },
      (user, id, cause) => received.accept(user, id, cause),
    ),
    decision(
      {
        method: "POST",
        path: "/shares/received/:id/decline",
        summary: "Decline a share; may be repeated",
        operationId: "declineShare",
      },
      (user, id, cause) => received.decline(user, id, cause),
    ),
    decision(
      {
        method: "DELETE",
        path: "/shares/received/:id",
        summary: "Leave a share: at once, also when its server is gone; may be repeated",
        operationId: "leaveShare",
      },
      (user, id, cause) => received.leave(user, id, cause),
    ),
  ];
}
