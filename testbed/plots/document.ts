import { createHash } from "node:crypto";
import { darkDrawing, properties } from "./colours.ts";
import { type Html, type HtmlValue, html, printed, trusted } from "./html.ts";

/** A whole page: one file that needs nothing else, has no script, and is XML as well as HTML. */
export function renderDocument({ title, body }: { title: string; body: Html }): string {
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const page = html`<html lang="en" xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="${policy}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<link rel="icon" href="data:," />
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${body}</main>
</body>
</html>
`;
  return `<!doctype html>\n${printed(page)}`;
}

/** A table with its words left and its numbers right, which moves sideways where the page is too narrow. */
export function table({ name, head, rows, words = 1 }: Table): Html {
  const cell = (value: HtmlValue, column: number) =>
    column < words ? html`<td>${value}</td>` : html`<td class="number">${value}</td>`;
  return html`<div class="table" role="region" aria-label="${name}" tabindex="0"><table>
<thead><tr>${head.map((each, column) => html`<th scope="col"${column >= words && trusted(' class="number"')}>${each}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table></div>
`;
}

export interface Table {
  /** For people who hear the page. */
  name: string;
  head: readonly string[];
  rows: readonly (readonly HtmlValue[])[];
  /** How many columns from the left are words; one, if nothing is said. */
  words?: number;
}

/** Numbers with their names below, as cards. */
export function cards(all: readonly { value: string; name: string; more?: string }[]): Html {
  return html`<dl class="cards">${all.map(
    ({ value, name, more }) =>
      html`<div><dt>${name}</dt><dd>${value}</dd>${more !== undefined && html`<dd class="more">${more}</dd>`}</div>\n`,
  )}</dl>
`;
}

function hashOf(style: string): string {
  return `sha256-${createHash("sha256").update(style).digest("base64")}`;
}

const STYLE = `
:root{color-scheme:light dark;${properties("light")}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",sans-serif}
main{max-width:928px;margin:0 auto;padding:24px 24px 64px}
h1{font-size:26px;line-height:1.25;margin:0 0 8px;text-wrap:balance}
h2{font-size:20px;margin:40px 0 12px;padding-top:16px;border-top:1px solid var(--grid)}
h3{font-size:16px;margin:0 0 4px}
p{margin:0 0 8px;max-width:76ch}
.lead{font-size:18px}
.soft,figcaption p,.note{color:var(--soft)}
figcaption p,.note{font-size:14px}
.verdict{display:inline-block;font-weight:600;border-left:4px solid;padding:2px 10px;margin:4px 0 8px}
.holds{border-color:var(--good)}.broken{border-color:var(--bad)}.open{border-color:var(--soft)}
.notice{border:1px solid var(--bad);border-left-width:6px;padding:8px 12px;margin:0 0 16px;max-width:none}
.word-good{color:var(--good);font-weight:600}.word-bad{color:var(--bad);font-weight:600}
figure{margin:0 0 32px;break-inside:avoid}
figure svg{display:block;width:100%;height:auto;font-family:inherit}
.wide svg{max-width:880px}.narrow svg{max-width:480px}
.narrow{display:none}
.keys{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:4px 0 6px;padding:0;font-size:14px}
.keys li{display:flex;align-items:center;gap:6px}
.keys svg{flex:none;width:24px;height:14px}
.pairs{display:grid;grid-template-columns:1fr 1fr;gap:8px 24px}
.pairs figure{margin:0 0 16px}.pairs svg{max-width:428px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(134px,1fr));gap:10px;margin:10px 0}
.cards div{background:var(--panel);border:1px solid var(--grid);border-radius:8px;padding:10px 12px;display:flex;flex-direction:column;break-inside:avoid}
.cards+figure{margin-top:32px}.note+figure{margin-top:20px}
.cards dt{order:1;font-size:14px;line-height:1.3}
.cards dd{margin:0;font-size:21px;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.cards .more{order:2;font-size:13px;font-weight:400;color:var(--soft)}
.table{overflow-x:auto;margin:8px 0 24px}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:5px 11px 5px 0;border-bottom:1px solid var(--grid)}
th{color:var(--soft);font-weight:600;vertical-align:bottom}
td{overflow-wrap:anywhere;min-width:4em}td:first-child{min-width:7.5em}td code{white-space:nowrap}
th.number,td.number{text-align:right;white-space:nowrap;min-width:0;overflow-wrap:normal}
th.number{white-space:normal}
th:last-child,td:last-child{padding-right:2px}
#incidents{margin-bottom:32px}
ol.incidents{columns:2;column-gap:32px;font-size:14px;margin:4px 0;padding-left:28px}
ol.incidents li{break-inside:avoid;overflow-wrap:anywhere}
.broken-list{font-size:14px;margin:4px 0 0;padding-left:18px;overflow-wrap:anywhere}
code{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.command{background:var(--panel);border:1px solid var(--grid);border-radius:8px;padding:8px 12px;display:block;margin:8px 0}
@media (max-width:640px){
main{padding:16px 14px 48px}
h1{font-size:22px}.lead{font-size:16px}
.wide{display:none}.narrow{display:block}.pairs{grid-template-columns:1fr}
.cards{grid-template-columns:1fr 1fr}
.cards dd{font-size:18px}
#incidents{margin-bottom:32px}
ol.incidents{columns:1}
}
@media screen and (prefers-color-scheme:dark){
:root{${properties("dark")}}
${darkDrawing("svg ")}
}
@media print{
body{font-size:11pt}
main{padding:0;max-width:none}
.wide{display:block}.narrow{display:none}
.table{overflow:visible}
h2,h3{break-after:avoid}
thead{display:table-header-group}tr{break-inside:avoid}
}
`;
