/** Markup that is safe to send: made by `html` alone, so that no text from outside can pass for it. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }

  /** The tag below; it lives here because only this class may make its instances. */
  static tag(strings: TemplateStringsArray, ...values: HtmlValue[]): Html {
    return new Html(strings.reduce((markup, string, i) => markup + print(values[i - 1]) + string));
  }
}

/** What may be put into a template: text and numbers are escaped, nothing is printed for null, undefined and false. */
export type HtmlValue = Html | string | number | false | null | undefined | HtmlValue[];

/**
 * Template tag for markup. Every value is escaped but for what `html` made itself; attributes have to be written in double quotes.
 */
export const html = Html.tag;

function print(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(print).join("");
  return value instanceof Html ? value.toString() : escaped(String(value));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(value: string): string {
  return value.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");
}
