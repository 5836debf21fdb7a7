import { html } from "./html.ts";

/**
 * The one style sheet of all pages: light and dark as the person's system has it, readable from 320 pixels on. It stands in the
 * page itself, so that a page is one answer and needs no further address. It has no values, so the policy can name its hash.
 */
export const STYLE = html`
:root {
  color-scheme: light dark;
  --text: #1b1c1f; --muted: #55585f; --page: #f3f4f6; --card: #ffffff; --line: #767a82;
  --action: #0b57d0; --on-action: #ffffff; --good: #11632f; --bad: #a3161f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e7e8ea; --muted: #b3b6bd; --page: #141518; --card: #1f2125; --line: #8b8f98;
    --action: #a8c7fa; --on-action: #06264f; --good: #85d69c; --bad: #ffb3ad;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 38rem; margin: 0 auto; padding: 1rem; }
header { color: var(--muted); }
main { background: var(--card); border-radius: .5rem; padding: 1.25rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .5rem; font-size: 1.125rem; }
dt { color: var(--muted); }
dd { margin: 0 0 .75rem; font-weight: 600; }
label { display: block; font-weight: 600; }
textarea, input, select, button, .button { width: 100%; min-height: 2.75rem; padding: .6rem .75rem; border-radius: .375rem; font: inherit; }
textarea, input, select { margin: .25rem 0 .75rem; border: 1px solid var(--line); background: var(--card); color: var(--text); }
button, .button { display: block; border: 0; background: var(--action); color: var(--on-action); font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
a { color: var(--action); }
form + form, details { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
summary { min-height: 1.5rem; font-weight: 600; cursor: pointer; }
.hint { color: var(--muted); }
label + .hint { margin: .25rem 0 .5rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 2px; }
`;
