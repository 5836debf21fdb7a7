import { openBrowser, type WebForm, type WebPage } from "./browser.ts";
import type { Account, InviteVisit, ServerAddress } from "./roles.ts";

/**
 * Somebody opens an invite link in a browser in which they are logged in nowhere, at a server that is a demo server.
 *
 * @param link the link, at the server that invites
 * @param inviting that server
 * @param own the server where the person has the account
 */
export async function openInviteLink(
  link: string,
  inviting: ServerAddress,
  own: ServerAddress,
  { username, password, address }: Account,
): Promise<InviteVisit> {
  const entranceTo = (origin: string): string => {
    const server = [inviting, own].find((each) => each.origin === origin);
    return server?.entrance?.() ?? origin;
  };
  const asked = await openBrowser(entranceTo).open(link);
  let dialog: string | undefined;
  return {
    title: asked.title,
    async chooseServer() {
      const { redirects, title } = await openBrowser(entranceTo).submit(formWith(asked, "server"), { server: address });
      [dialog] = redirects;
      if (dialog === undefined) throw new Error(`The browser was led nowhere: “${title}”.`);
      return dialog;
    },
    async logInAndAccept() {
      if (dialog === undefined) throw new Error("No server has been chosen.");
      const browser = openBrowser(entranceTo);
      const login = await browser.open(dialog);
      const consent = await browser.submit(formWith(login, "password"), { username, password });
      return (await browser.submit(formWith(consent, "providerDomain"), {})).title;
    },
  };
}

/** The last form that has this field: a list comes before what can be typed. */
function formWith(page: WebPage, field: string): WebForm {
  const form = page.forms.findLast(({ fields }) => field in fields);
  if (form === undefined) throw new Error(`The page “${page.title}” asks for no ${field}.`);
  return form;
}
