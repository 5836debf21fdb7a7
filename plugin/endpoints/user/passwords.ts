import { z } from "zod";
import type { PasswordsApi, PasswordView } from "../../api.ts";
import type { Route } from "../route.ts";
import { parseBody, text } from "./input.ts";
import { json, noContent } from "./reply.ts";
import { pageOf } from "./schemas.ts";
import { JSON_BODY, userRoute } from "./user-route.ts";
import { time } from "./views.ts";

const fields = {
  id: z.string(),
  name: z.string().describe("What the person calls the program."),
  createdAt: z.iso.datetime().describe("RFC 3339, in UTC."),
  lastUsedAt: z.iso.datetime().nullable().describe("The day on which it was last used, at 00:00 UTC; null: never."),
};
const appPassword = z.object(fields).meta({ title: "AppPassword" });
const newAppPassword = z
  .object({ ...fields, password: z.string() })
  .meta({ title: "NewAppPassword", description: "The password is shown this one time." });
const request = z
  .strictObject({ name: text(100).min(1).describe("What the person calls the program that it is for.") })
  .meta({ title: "AppPasswordRequest" });

/** Passwords for a person's programs, such as WebDAV clients. They open the tree of received shares, and nothing of this API. */
export function passwordRoutes({ passwords }: { passwords: PasswordsApi }): Route[] {
  return [
    userRoute({
      method: "POST",
      path: "/passwords",
      body: JSON_BODY,
      summary: "Make an app password",
      openapi: {
        operationId: "createAppPassword",
        description:
          "For a WebDAV client: its user name is the person's identifier or OCM Address. A person has at most 100.",
        request,
        responses: { 201: { description: "The password, shown this one time.", schema: newAppPassword } },
      },
      async handle(call) {
        const { name } = parseBody(request, call.json);
        const created = await passwords.create(call.user.id, name);
        return json(201, { ...passwordView(created), password: created.password });
      },
    }),
    userRoute({
      method: "GET",
      path: "/passwords",
      summary: "My app passwords",
      openapi: {
        operationId: "listAppPasswords",
        responses: { 200: { description: "All of them, oldest first.", schema: pageOf(appPassword) } },
      },
      async handle(call) {
        return json(200, { items: (await passwords.list(call.user.id)).map(passwordView) });
      },
    }),
    userRoute({
      method: "DELETE",
      path: "/passwords/:id",
      summary: "Revoke an app password",
      openapi: { operationId: "revokeAppPassword", responses: { 204: { description: "It opens nothing any more." } } },
      async handle(call) {
        await passwords.revoke(call.user.id, call.params.id ?? "");
        return noContent();
      },
    }),
  ];
}

function passwordView({ id, name, createdAt, lastUsedAt }: PasswordView): z.infer<typeof appPassword> {
  return { id, name, createdAt: time(createdAt), lastUsedAt: lastUsedAt === null ? null : time(lastUsedAt) };
}
