import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Reply } from "../endpoints/route.ts";
import { ask, contact, form, query, site } from "./pages.test-helper.ts";

describe("every page", () => {
  const variants: [string, () => Promise<Reply & { text: string }>][] = [
    ["paste", () => ask(site().routes, "GET")],
    ["consent", () => ask(site().routes, "GET", { query })],
    ["success", () => ask(site().routes, "POST", { form })],
    ["refusal", () => ask(site().routes, "POST", { form: query })],
    ["login", () => ask(site().routes, "POST", { form, headers: {} })],
  ];

  it.each(variants)("forbids scripts, frames and other origins, and is kept by nobody: %s", async (_, get) => {
    const { headers, text } = await get();
    const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(headers).toEqual({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
    });
    expect(text).not.toMatch(/<script|\son[a-z]+=|style="|<img|<link/i);
  });

  it.each(variants)("can be used by everybody: %s", async (_, get) => {
    const { text } = await get();
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(text.match(/<h1>/g)).toHaveLength(1);
    expect(text.match(/<main>/g)).toHaveLength(1);
    expect(text).toMatch(/<title>[^<]+ – Alpha &amp; Co<\/title>/);
    for (const [, id] of text.matchAll(/<(?:textarea|input(?! type="hidden"))[^>]* id="([^"]+)"/g)) {
      expect(text).toContain(`<label for="${id}">`);
    }
    for (const [, id] of text.matchAll(/aria-describedby="([^"]+)"/g)) expect(text).toContain(`id="${id}"`);
  });

  it("keeps its shape, whatever an invite, a person or another server says", async () => {
    const shape = (text: string) =>
      [...text.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""')).join("\n");
    const strange = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
      fc.constantFrom('"><script>x</script>', "' onx='", "</title>", "<!--", "&#60;b&#62;", "</style><b>"),
    );
    const consent = shape((await ask(site().routes, "GET", { query })).text);
    const success = shape((await ask(site().routes, "POST", { form })).text);
    await fc.assert(
      fc.asyncProperty(strange, async (said) => {
        const token = said.replaceAll("\0", "") || "t";
        const asked = await ask(site({ displayName: said, email: said }).routes, "GET", { query: { ...query, token } });
        expect(shape(asked.text)).toBe(consent);
        const other = { ...contact, name: said, address: said, host: said };
        const done = await ask(site({ accept: async () => other }).routes, "POST", { form });
        expect(shape(done.text)).toBe(success);
      }),
    );
  });
});
