import { createHash } from "node:crypto";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call, Reply } from "../endpoints/route.ts";
import type { OfferedGroup } from "../ports/wayf.ts";
import { OcmError } from "../protocol/errors.ts";
import { type WayfDeps, wayfRoutes } from "./wayf-routes.ts";

const TOKEN = "t0ken-t0ken-t0ken-t0ken";
const DIALOG = "https://b.example/accept";
const GROUPS: OfferedGroup[] = [
  { title: null, servers: [{ host: "b.example", name: "Beta" }] },
  {
    title: "Mesh",
    servers: [
      { host: "c.example", name: "c.example" },
      { host: "d.example:8443", name: "Delta" },
      { host: "twin1.example", name: "Twin" },
      { host: "twin2.example", name: "Twin" },
      { host: "evil.example", name: "bank.example" },
    ],
  },
];

interface Bench {
  groups?: OfferedGroup[];
  anyServer?: boolean;
  toInsecure?: boolean;
  site?: string;
  dialogOf?: WayfDeps["dialogOf"];
  enter?: WayfDeps["enter"];
}

function bench({ groups = GROUPS, anyServer = true, toInsecure = false, site = "Alpha & Co", ...more }: Bench = {}) {
  const asked: string[] = [];
  const visits = { open: 0 };
  const routes = wayfRoutes({
    site,
    ownHost: "a.example",
    prefix: "/cloud/ocm",
    servers: { offered: () => groups, anyServer },
    toInsecure,
    enter(call) {
      more.enter?.(call);
      visits.open += 1;
      return {
        leave() {
          visits.open -= 1;
        },
      };
    },
    async dialogOf(host, requestId) {
      asked.push(host);
      return more.dialogOf ? more.dialogOf(host, requestId) : DIALOG;
    },
  });
  /** Calls the handler as the server would: what it throws becomes the route's own form of a refusal. */
  const ask = async (method: "GET" | "POST", fields: Record<string, string>, headers = {}) => {
    const route = routes.find((each) => each.method === method);
    if (!route) throw new Error(`There is no ${method}.`);
    const req = Object.assign(new IncomingMessage(new Socket()), { method, headers });
    const [query, form] = method === "GET" ? [fields, {}] : [{}, fields];
    const call = {
      method,
      query: new URLSearchParams(query),
      form: new URLSearchParams(form),
      headers,
      requestId: "request-1",
      context: { headers, req },
    } as unknown as Call;
    const reply: Reply = await route.handle(call).catch((error: unknown) => {
      if (error instanceof OcmError && route.refuse) return route.refuse(error, "request-1");
      throw error;
    });
    return { ...reply, text: typeof reply.body === "string" ? reply.body : "" };
  };
  const open = (fields = { token: TOKEN }) => ask("GET", fields);
  const choose = (server: string, headers = {}) => ask("POST", { token: TOKEN, server }, headers);
  return { ask, open, choose, asked, visits };
}

describe("each WAYF page", () => {
  const variants: [string, () => Promise<Reply & { text: string }>][] = [
    ["question", () => bench().open()],
    ["question without a list", () => bench({ groups: [] }).open()],
    ["question with a list alone", () => bench({ anyServer: false }).open()],
    ["refusal with the form", () => bench().choose("two words")],
    ["refusal without a form", () => bench().open({ token: "" })],
    ["by hand", () => bench({ dialogOf: async () => null }).choose("b.example")],
  ];

  it.each(variants)("forbids scripts, frames and referrers, and is kept by nobody: %s", async (_, get) => {
    const { headers, text } = await get();
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(headers).toEqual({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self' https:; frame-ancestors 'none'; base-uri 'none'`,
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(text).not.toMatch(/<script|\son[a-z]+=|style="|<img|<link|<a [^>]*href="https?:/i);
  });

  it.each(variants)("can be used by everybody: %s", async (_, get) => {
    const { text } = await get();
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text.match(/<main>/g)).toHaveLength(1);
    const ids = [...text.matchAll(/<(?:textarea|select|input(?! type="hidden"))[^>]* id="([^"]+)"/g)].map(
      ([, id]) => id,
    );
    for (const id of ids) expect(text).toContain(`<label for="${id}">`);
    for (const [, id] of text.matchAll(/aria-describedby="([^"]+)"/g)) expect(text).toContain(`id="${id}"`);
    const all = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(all).size).toBe(all.length);
  });

  it("keeps its shape, whatever names, hosts, federations and visitors say", { timeout: 60_000 }, async () => {
    const shape = (text: string) =>
      [...text.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""')).join("\n");
    const strange = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
      fc.constantFrom('"><script>x</script>', "' onx='", "</title>", "</select>", "<!--", "&#60;b&#62;", "</style><b>"),
    );
    const world = (said: string) =>
      bench({
        site: said,
        groups: [{ title: said, servers: [{ host: said, name: `${said}!` }] }],
        dialogOf: async () => null,
      });
    const question = shape((await world("x").open()).text);
    const refusal = shape((await world("x").choose("two words")).text);
    const byHand = shape((await world("x").choose("z.example")).text);
    await fc.assert(
      fc.asyncProperty(strange, async (said) => {
        expect(shape((await world(said).open()).text)).toBe(question);
        expect(shape((await world(said).choose("z.example")).text)).toBe(byHand);
        expect(shape((await world("x").choose(`two words ${said}`)).text)).toBe(refusal);
      }),
    );
  });
});

describe("the list", () => {
  it("has no empty label for a federation without a name, whose servers stand before those of the others", async () => {
    const groups: OfferedGroup[] = [...GROUPS, { title: "", servers: [{ host: "n.example", name: "Nameless" }] }];
    for (const { text } of [await bench({ groups }).open(), await bench({ groups }).choose("x y n.example")]) {
      expect(text).not.toContain('label=""');
      expect([...text.matchAll(/<optgroup label="([^"]*)"/g)].map(([, label]) => label)).toEqual(["Mesh"]);
      const places = ["b.example", "n.example", "<optgroup", "c.example"].map((part) => text.indexOf(part));
      expect(places).toEqual(places.toSorted((one, other) => one - other));
      expect(text.match(/<option value="n\.example">Nameless \(n\.example\)<\/option>/g)).toHaveLength(1);
    }
    const chosen = await bench({ groups, dialogOf: refuse }).choose("n.example");
    expect(chosen.text).toContain('<option value="n.example" selected>');
    expect(chosen.text).not.toContain('label=""');
  });
});

async function refuse(): Promise<never> {
  throw new OcmError("peer-unreachable");
}

describe("a server", () => {
  it("is chosen by its host, its address, or the name under which it is offered", async () => {
    for (const [text, host] of [
      ["b.example", "b.example"],
      ["bob@d.example:8443", "d.example:8443"],
      ["beta", "b.example"],
      [" DELTA ", "d.example:8443"],
      ["other.example", "other.example"],
      ["intranet", "intranet"],
    ] as const) {
      const { choose, asked } = bench();
      expect(await choose(text)).toMatchObject({
        status: 303,
        headers: {
          location: `${DIALOG}?token=${TOKEN}&providerDomain=a.example`,
          "referrer-policy": "no-referrer",
          "cache-control": "no-store",
        },
      });
      expect(asked).toEqual([host]);
    }
  });

  it("cannot be taken over by another that is offered under its name", async () => {
    const { choose, asked } = bench();
    await choose("bank.example");
    expect(asked).toEqual(["bank.example"]);
  });

  it("has its host beside its name in the list, which may say anything", async () => {
    expect((await bench().open()).text).toContain('<option value="evil.example">bank.example (evil.example)</option>');
  });

  it("is asked for again where several have the name, or none can be read", async () => {
    for (const [text, status, sentence] of [
      ["twin", 400, "Several servers have this name"],
      ["", 400, "You have named no server."],
      ["no such name", 400, "This is not the name of a server."],
      ["a.example", 400, "This invite was made on this server."],
      ["x@A.EXAMPLE:443", 400, "This invite was made on this server."],
    ] as const) {
      const { choose, asked } = bench();
      const refused = await choose(text);
      expect(refused.status).toBe(status);
      expect(refused.text).toContain(sentence);
      expect(refused.text).toContain(`name="token" value="${TOKEN}"`);
      expect(asked).toEqual([]);
    }
  });

  it("that was typed stands in the form again, and one that was chosen is chosen still", async () => {
    const failing = {
      dialogOf: () => Promise.reject(new OcmError("peer-unreachable", { message: "Nobody is there." })),
    };
    const typed = await bench(failing).choose('x"y.example');
    expect(typed.text).toContain('name="server" type="text" value="x&quot;y.example"');
    const chosen = await bench(failing).choose("c.example");
    expect(chosen.status).toBe(502);
    expect(chosen.text).toContain('<option value="c.example" selected>c.example</option>');
    expect(chosen.text).toContain('name="server" type="text" value=""');
  });

  it("is asked only while the visitor is let in, who has left afterwards whatever came of it", async () => {
    const refusing = bench({
      enter: () => {
        throw new OcmError("too-many-requests", { retryAfter: 42 });
      },
    });
    const refused = await refusing.choose("b.example");
    expect(refused).toMatchObject({ status: 429, headers: { "retry-after": "42" } });
    expect(refused.text).toContain('<textarea id="invite"');
    expect(refusing.asked).toEqual([]);
    const failing = bench({ dialogOf: () => Promise.reject(new Error("A detail for nobody.")) });
    await expect(failing.choose("b.example")).rejects.toThrow("A detail for nobody.");
    expect(failing.visits.open).toBe(0);
  });

  it("is not asked because another site sent the form", async () => {
    for (const site of ["cross-site", "same-site"]) {
      const { choose, asked } = bench();
      expect((await choose("b.example", { "sec-fetch-site": site })).status).toBe(403);
      expect(asked).toEqual([]);
    }
    for (const site of ["same-origin", "none"]) {
      expect((await bench().choose("b.example", { "sec-fetch-site": site })).status).toBe(303);
    }
  });

  it("without TLS may be led to by the page's policy in a laboratory alone", async () => {
    const { headers } = await bench({ toInsecure: true }).open();
    expect(headers?.["content-security-policy"]).toContain("form-action 'self' https: http:;");
  });
});
