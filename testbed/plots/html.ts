import { escaped } from "./text.ts";

/** Markup that is safe to print: made by `html`, or by code that vouches for it with `trusted`. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What may be put into a template: text and numbers are escaped, nothing is printed for null, undefined and false. */
export type HtmlValue = Html | string | number | false | null | undefined | readonly HtmlValue[];

const MARKUP = Symbol("markup");

/**
 * Template tag for markup that is HTML and XML alike. Every value is escaped but for what is `Html`; attributes have to be written in
 * double quotes.
 */
export function html(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return trusted(strings.reduce((markup, string, i) => markup + print(values[i - 1]) + string));
}

/** Markup as it is. Only for what was drawn here, with every text in it escaped. */
export function trusted(markup: string): Html {
  return { [MARKUP]: markup };
}

/** The markup as a string. */
export function printed(value: Html): string {
  return value[MARKUP];
}

function print(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "–";
  if (isHtml(value)) return printed(value);
  return value.map(print).join("");
}

function isHtml(value: Html | readonly HtmlValue[]): value is Html {
  return MARKUP in value;
}
