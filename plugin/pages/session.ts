import type { Call } from "../endpoints/route.ts";
import type { HostSession } from "../ports/host.ts";

/**
 * The host's rule against forged requests, for a form of a page. The host looks at headers only, so the form's token is put where
 * a script would have put it; a host that gives no token has a rule that needs none.
 * @returns what is missing, or null when the request may pass
 */
export function formForgery(session: HostSession, call: Call): string | null {
  const from = call.headers["sec-fetch-site"];
  if (from !== undefined && from !== "same-origin" && from !== "none") return "The form was sent by another site.";
  const token = call.form.get("_csrf");
  if (session.formToken && token !== null) call.context.req.headers["x-csrf-token"] = token;
  return session.forgery(call.context);
}
