import { fetching, NoAnswer, Refused } from "./http.ts";

/** How long a page may take, in milliseconds. */
const LONGEST_REQUEST_MS = 25_000;
const MOST_REDIRECTS = 10;

/** A page that was opened. */
export interface WebPage {
  /** Its address, after all redirects. */
  url: string;
  /** Addresses that the browser was sent to on the way, in order. */
  redirects: string[];
  /** Its heading. */
  title: string;
  forms: WebForm[];
}

/** A form as it stands in a page. */
export interface WebForm {
  /** Absolute address to which it is sent. */
  action: string;
  /** Its fields with what is in them. */
  fields: Record<string, string>;
}

/** As much of a browser as our pages need: it follows redirects, keeps cookies and sends forms. It runs no scripts. */
export interface Browser {
  /** @throws Refused when the last answer is no success, NoAnswer when there is none */
  open(url: string): Promise<WebPage>;
  /** Sends a form with these fields changed. @throws as `open` */
  submit(form: WebForm, fields: Record<string, string>): Promise<WebPage>;
}

/**
 * Opens a browser without any cookies.
 *
 * @param entranceTo where requests to an origin really go
 */
export function openBrowser(entranceTo: (origin: string) => string): Browser {
  const cookies = new Map<string, Map<string, string>>();

  async function ask(from: string, method: string, body?: URLSearchParams): Promise<WebPage> {
    let url = new URL(from);
    let init: RequestInit = { method, ...(body === undefined ? {} : { body }) };
    const redirects: string[] = [];
    for (;;) {
      const response = await exchange(url, init);
      keepCookies(url, response);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status > 399 || location === null) {
        return await pageOf(url, redirects, response, String(init.method));
      }
      await response.body?.cancel();
      url = new URL(location, url);
      if (redirects.push(url.href) > MOST_REDIRECTS) throw new Error(`${from} is redirected without end.`);
      init = { method: "GET" };
    }
  }

  async function exchange(url: URL, init: RequestInit): Promise<Response> {
    const cookie = [...(cookies.get(url.origin) ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
    // Where a request comes from is said by browsers alone, and only they are believed.
    const site = init.method === "GET" ? "none" : "same-origin";
    const headers = { "sec-fetch-site": site, ...(cookie === "" ? {} : { cookie }) };
    const signal = AbortSignal.timeout(LONGEST_REQUEST_MS);
    try {
      return await fetching(entranceTo(url.origin), `${url.pathname}${url.search}`, {
        ...init,
        headers,
        signal,
        redirect: "manual",
      });
    } catch (error) {
      throw new NoAnswer(`${init.method} ${url.origin}${url.pathname}`, error);
    }
  }

  function keepCookies(url: URL, response: Response): void {
    const jar = cookies.get(url.origin) ?? new Map<string, string>();
    cookies.set(url.origin, jar);
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
  }

  return {
    open: (url) => ask(url, "GET"),
    submit: ({ action, fields }, changed) => ask(action, "POST", new URLSearchParams({ ...fields, ...changed })),
  };
}

async function pageOf(url: URL, redirects: string[], response: Response, method: string): Promise<WebPage> {
  const request = `${method} ${url.origin}${url.pathname}`;
  const text = await response.text().catch((error: unknown) => {
    throw new NoAnswer(request, error);
  });
  const title = plain(/<h1[^>]*>(.*?)<\/h1>/s.exec(text)?.[1] ?? "");
  if (!response.ok) {
    const said = plain(/<p role="alert"[^>]*>(.*?)<\/p>/s.exec(text)?.[1] ?? text);
    throw new Refused(request, response.status, null, said || title);
  }
  return { url: url.href, redirects, title, forms: formsIn(text, url) };
}

function formsIn(text: string, url: URL): WebForm[] {
  return [...text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, head = "", content = ""]) => {
    const named = [...content.matchAll(/<(?:input|select|textarea)\b([^>]*)>/g)].map(
      ([, attributes = ""]) => attributes,
    );
    const fields = named.map((attributes) => [attribute(attributes, "name"), attribute(attributes, "value")] as const);
    return {
      action: new URL(attribute(head, "action"), url).href,
      fields: Object.fromEntries(fields.filter(([name]) => name !== "")),
    };
  });
}

function attribute(attributes: string, name: string): string {
  return plain(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");
}

const ENTITIES: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

function plain(markup: string): string {
  return markup
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}
