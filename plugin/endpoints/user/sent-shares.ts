import { z } from "zod";
import type { SentSharesApi } from "../../api.ts";
import type { Route } from "../route.ts";
import { pageQuery, parseBody, parseQuery, text } from "./input.ts";
import { json, location } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { pageView, sentShareView } from "./views.ts";

const newShare = z
  .strictObject({
    path: text(4096).min(1).describe("Absolute path in my own files."),
    shareWith: text(1024).min(3).describe("OCM Address of the recipient."),
    permissions: z.array(schemas.permission).min(1).max(3).optional().describe('Default: ["read"].'),
    name: text(255).min(1).optional().describe("Default: the name of the file or folder."),
    description: text(4096).optional(),
    expiresAt: z.iso
      .datetime({ offset: true })
      .transform((value) => Date.parse(value))
      .optional()
      .describe("RFC 3339. Default: never."),
  })
  .meta({ title: "ShareRequest" });

const listQuery = pageQuery.extend({
  live: z.enum(["true", "false"]).optional().describe("true: without those that have ended."),
});

/** Shares that the person made (draft section 6, and 11 for their end). */
export function sentShareRoutes({ sent }: { sent: SentSharesApi }): Route[] {
  return [
    userRoute({
      method: "POST",
      path: "/shares/sent",
      body: JSON_BODY,
      summary: "Share a file or folder with a person on another server",
      openapi: {
        operationId: "createShare",
        request: newShare,
        responses: {
          201: { description: "The other server has answered: see status and reason.", schema: schemas.sentShare },
          202: { description: "The other server has not answered yet; it is asked again.", schema: schemas.sentShare },
        },
      },
      async handle(call) {
        const share = await sent.create(call.user.id, parseBody(newShare, call.json), { requestId: call.requestId });
        const headers = { location: location(call, share.id) };
        return json(share.status === "announcing" ? 202 : 201, sentShareView(share), headers);
      },
    }),
    userRoute({
      method: "GET",
      path: "/shares/sent",
      summary: "Shares that I made, newest first",
      openapi: {
        operationId: "listSentShares",
        query: listQuery,
        responses: { 200: { description: "A page of shares.", schema: schemas.pageOf(schemas.sentShare) } },
      },
      async handle(call) {
        const { live, ...page } = parseQuery(listQuery, call.query);
        return json(200, pageView(await sent.list(call.user.id, { ...page, live: live === "true" }), sentShareView));
      },
    }),
    userRoute({
      method: "GET",
      path: "/shares/sent/:id",
      summary: "One share that I made",
      openapi: {
        operationId: "getSentShare",
        responses: { 200: { description: "The share.", schema: schemas.sentShare } },
      },
      async handle(call) {
        return json(200, sentShareView(await sent.get(call.user.id, call.params.id ?? "")));
      },
    }),
    userRoute({
      method: "DELETE",
      path: "/shares/sent/:id",
      summary: "Stop sharing: access ends at once; may be repeated",
      openapi: {
        operationId: "unshare",
        responses: { 200: { description: "The share, now ended.", schema: schemas.sentShare } },
      },
      async handle(call) {
        return json(
          200,
          sentShareView(await sent.unshare(call.user.id, call.params.id ?? "", { requestId: call.requestId })),
        );
      },
    }),
  ];
}
