/** Text that is HTML already. Everything else that goes into a page is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A template for pages: values are escaped, unless they are `Html` or lists of it. */
export function html(parts: TemplateStringsArray, ...values: (Html | Html[] | string | number)[]): Html {
  const shown = (value: Html | Html[] | string | number | undefined): string => {
    if (value === undefined) {
      return "";
    }
    if (value instanceof Html) {
      return value.text;
    }
    return Array.isArray(value)
      ? value.map((one) => one.text).join("")
      : String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
  };
  return new Html(parts.map((part, index) => part + shown(values[index])).join(""));
}

/** The frame around every page of a demo server. */
export function page(title: string, server: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${server}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}

/** Pages take their style from one file and nothing else from anywhere. */
export const PAGE_HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Cache-Control": "no-store",
};

export const STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: bold; text-align: start; }
th, td { border-block-end: 1px solid; overflow-wrap: anywhere; padding: .4rem; text-align: start; vertical-align: top; }
form { display: inline; }
form.stack { display: grid; gap: .5rem; max-width: 20rem; }
button, input { font: inherit; min-height: 2.75rem; padding: .4rem .8rem; }
[role=alert] { border-inline-start: .3rem solid; padding-inline-start: .6rem; }
`;
