import type Router from "@koa/router";
import type { Context } from "koa";
import type { HostEntry, Ocm } from "../../plugin/index.ts";
import type { TestbedHost } from "./host.ts";
import { PAGE_HEADERS, STYLE } from "./html.ts";
import { homePage, loginPage } from "./pages.ts";
import { refuse } from "./refusal.ts";
import { safeReturn } from "./sessions.ts";

const FORM_LIMIT = 16 * 1024;

/** Login, logout, the home page and its buttons. */
export function siteRoutes(router: Router, name: string, origin: string, host: TestbedHost, ocm: Ocm): void {
  const { session } = host;

  router.get("/style.css", (ctx) => {
    ctx.type = "text/css";
    ctx.body = STYLE;
  });

  router.get("/login", (ctx) => {
    showPage(ctx, loginPage(name, safeReturn(new URLSearchParams(ctx.querystring).get("return_to"))));
  });

  router.post("/login", async (ctx) => {
    if (session.fromElsewhere(ctx)) {
      refuse(403, `Open this server as ${origin} to log in.`);
    }
    const form = await readForm(ctx);
    const returnTo = safeReturn(form.get("return_to"));
    const cookie = await session.logIn(form.get("username") ?? "", form.get("password") ?? "");
    if (cookie === undefined) {
      ctx.status = 401;
      showPage(ctx, loginPage(name, returnTo, "The user name or the password is wrong."));
      return;
    }
    ctx.set("Set-Cookie", cookie);
    ctx.status = 303;
    ctx.set("Location", returnTo);
  });

  router.post("/logout", async (ctx) => {
    await checkedForm(ctx);
    ctx.set("Set-Cookie", session.logOut(ctx));
    ctx.status = 303;
    ctx.set("Location", "/login");
  });

  router.get("/", async (ctx) => {
    const user = await session.authenticate(ctx);
    const person = user && (await host.users.find(user.id));
    if (!person) {
      ctx.redirect("/login");
      return;
    }
    const files: HostEntry[] = [];
    for await (const children of host.files.list(person.id, "/")) {
      files.push(...children);
    }
    const received = (await ocm.api.received.list(person.id, { limit: 100 })).items;
    const address = `${person.id}@${new URL(origin).host}`;
    const csrf = session.formToken?.(ctx) ?? "";
    showPage(ctx, homePage({ server: name, displayName: person.displayName, address, csrf, files, received }));
  });

  router.post("/received/:id/:action", async (ctx) => {
    const { id = "", action = "" } = ctx.params;
    await checkedForm(ctx);
    const user = (await session.authenticate(ctx))?.id ?? refuse(401, "Log in first.");
    if (action !== "accept" && action !== "decline" && action !== "leave") {
      refuse(404, "There is no such action.");
    }
    await ocm.api.received[action](user, id);
    ctx.status = 303;
    ctx.set("Location", "/");
  });

  async function checkedForm(ctx: Context): Promise<URLSearchParams> {
    const form = await readForm(ctx);
    const forgery = session.formForgery(ctx, form.get("_csrf"));
    if (forgery !== null) {
      refuse(403, forgery);
    }
    return form;
  }
}

function showPage(ctx: Context, content: string): void {
  ctx.set(PAGE_HEADERS);
  ctx.type = "html";
  ctx.body = content;
}

async function readForm(ctx: Context): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of ctx.req as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > FORM_LIMIT) {
      refuse(413, "The form is too large.");
    }
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString("utf8"));
}
