import { z } from "zod";
import type { ContactsApi } from "../../api.ts";
import type { Route } from "../route.ts";
import { pageQuery, parseBody, parseQuery, text } from "./input.ts";
import { json, location, noContent } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { contactView, pageView } from "./views.ts";

const pasted = z.strictObject({ invite: text(4096).min(1).describe("Invite string or link, as it was received.") });
const taken = z.strictObject({
  token: text(2048).min(1),
  provider: text(300).min(1).describe("host[:port] of the inviting server."),
});
const acceptance = z.union([pasted, taken]).meta({ title: "InviteAcceptance" });

/** People on other servers, known by an invite (draft sections 4.4.3 to 4.4.5). */
export function contactRoutes({ contacts }: { contacts: ContactsApi }): Route[] {
  return [
    userRoute({
      method: "POST",
      path: "/contacts",
      body: JSON_BODY,
      summary: "Accept an invite; may be repeated",
      openapi: {
        operationId: "acceptInvite",
        request: acceptance,
        responses: {
          201: { description: "The inviting server has answered: active or failed.", schema: schemas.contact },
          202: { description: "The inviting server has not answered yet; it is asked again.", schema: schemas.contact },
        },
      },
      async handle(call) {
        const contact = await contacts.accept(call.user.id, invitation(call.json), { requestId: call.requestId });
        const headers = { location: location(call, contact.id) };
        return json(contact.status === "accepting" ? 202 : 201, contactView(contact), headers);
      },
    }),
    userRoute({
      method: "GET",
      path: "/contacts",
      summary: "My contacts on other servers",
      openapi: {
        operationId: "listContacts",
        query: pageQuery,
        responses: { 200: { description: "A page of contacts.", schema: schemas.pageOf(schemas.contact) } },
      },
      async handle(call) {
        const page = parseQuery(pageQuery, call.query);
        return json(200, pageView(await contacts.list(call.user.id, page), contactView));
      },
    }),
    userRoute({
      method: "GET",
      path: "/contacts/:id",
      summary: "One contact",
      openapi: {
        operationId: "getContact",
        responses: { 200: { description: "The contact.", schema: schemas.contact } },
      },
      async handle(call) {
        return json(200, contactView(await contacts.get(call.user.id, call.params.id ?? "")));
      },
    }),
    userRoute({
      method: "DELETE",
      path: "/contacts/:id",
      summary: "Remove a contact; shares are not touched",
      openapi: { operationId: "removeContact", responses: { 204: { description: "It is removed." } } },
      async handle(call) {
        await contacts.remove(call.user.id, call.params.id ?? "", { requestId: call.requestId });
        return noContent();
      },
    }),
  ];
}

/** The two forms are told apart first, so that the errors are about the one that was meant. */
function invitation(body: unknown): string | { token: string; provider: string } {
  if (typeof body === "object" && body !== null && ("token" in body || "provider" in body)) {
    return parseBody(taken, body);
  }
  return parseBody(pasted, body).invite;
}
