import { z } from "zod";
import type { OcmApi } from "../../api.ts";
import type { Route } from "../route.ts";
import { copy, copyView } from "./copies-views.ts";
import { pageQuery, parseBody, parseQuery, text } from "./input.ts";
import { relativePath } from "./remote-path.ts";
import { json, location } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { pageView } from "./views.ts";

const newCopy = z
  .strictObject({
    share: text(1024).min(1).describe("Id of a share that I was given and have accepted."),
    direction: z
      .enum(["from-share", "to-share"])
      .describe("from-share: into my own files. to-share: from my own files into the share."),
    remotePath: relativePath.describe(
      "Relative to the share; empty for the share itself. What is copied, or where to, with the new name.",
    ),
    localPath: text(4096)
      .min(1)
      .describe("Absolute path in my own files. Where to, with the new name, or what is copied."),
  })
  .meta({ title: "CopyRequest" });

/** Copies between received shares and the person's own files, made in the background. */
export function copyRoutes({ copies }: Pick<OcmApi, "copies">): Route[] {
  return [
    userRoute({
      method: "POST",
      path: "/copies",
      body: JSON_BODY,
      summary: "Copy a file or folder from a share into my own files, or the other way",
      openapi: {
        operationId: "startCopy",
        description:
          "It runs in the background, waits while the other server is down, and goes on after a restart of this one. Nothing that " +
          "exists is replaced. At most ten run for one person. Where the owner asks for a second factor, the session that starts the " +
          "copy has to have one.",
        request: newCopy,
        responses: { 202: { description: "It has begun: see Location for how it goes.", schema: copy } },
      },
      async handle(call) {
        const given = parseBody(newCopy, call.json);
        const context = { secondFactor: call.user.secondFactor === true, requestId: call.requestId };
        const view = await copies.start(call.user.id, given, context);
        return json(202, copyView(view), { location: location(call, view.id) });
      },
    }),
    userRoute({
      method: "GET",
      path: "/copies",
      summary: "My copies, newest first; those that have ended for thirty days",
      openapi: {
        operationId: "listCopies",
        query: pageQuery,
        responses: { 200: { description: "A page of copies.", schema: schemas.pageOf(copy) } },
      },
      async handle(call) {
        return json(200, pageView(await copies.list(call.user.id, parseQuery(pageQuery, call.query)), copyView));
      },
    }),
    userRoute({
      method: "GET",
      path: "/copies/:id",
      summary: "How a copy goes",
      openapi: {
        operationId: "getCopy",
        responses: { 200: { description: "The copy.", schema: copy } },
      },
      async handle(call) {
        return json(200, copyView(await copies.get(call.user.id, call.params.id ?? "")));
      },
    }),
    userRoute({
      method: "DELETE",
      path: "/copies/:id",
      summary: "Cancel a copy: files that are complete stay; may be repeated",
      openapi: {
        operationId: "cancelCopy",
        responses: { 200: { description: "The copy, as it is now.", schema: copy } },
      },
      async handle(call) {
        return json(200, copyView(await copies.cancel(call.user.id, call.params.id ?? "")));
      },
    }),
  ];
}
