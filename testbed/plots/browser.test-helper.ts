import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../webdav/programs.test-helper.ts";

/** Chromium, by the names that it has on different systems. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const LONGEST_MS = 120_000;

/**
 * Why tests with a browser cannot run here; false where they can. Where OCM_TEST_BROWSER is "required", as in CI, a missing one is an
 * error. `apt-get install chromium` installs it on Debian.
 */
export function lacksBrowser(): string | false {
  if (browserName() !== undefined) return false;
  const missing = "chromium is not installed (on Debian: apt-get install --no-install-recommends chromium)";
  if (process.env.OCM_TEST_BROWSER === "required") throw new Error(missing);
  return missing;
}

function browserName(): string | undefined {
  return NAMES.find((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0);
}

/** How a page looks. */
export interface View {
  width: number;
  dark?: boolean;
}

/** What a browser made of a page. */
export interface Seen {
  /** What it complained about, such as breaches of the content security policy. */
  console: string[];
  title: string;
  /** `background-color` of the body. */
  ground: string;
  /** Px that the page is wider than the window. */
  tooWide: number;
  /** Ids of elements that take room, with the text of them. */
  shown: Record<string, string>;
  /** Drawings that are shown. */
  drawings: number;
  /** Words of drawings that reach out of them, and pairs of words that cover each other, both in px of the drawing. */
  cut: string[];
  covered: string[];
}

/** Opens a page from a file, in a browser without a window, and looks at it with a ruler. */
export async function look(page: string, { width, dark = false }: View): Promise<Seen> {
  const folder = await mkdtemp(join(tmpdir(), "browser-test-"));
  try {
    await writeFile(join(folder, "page.html"), page);
    await writeFile(join(folder, "ruler.html"), ruler(width));
    const { code, stdout, stderr } = await run(
      browserName() ?? "chromium",
      [
        ...QUIET,
        ...(dark ? ["--blink-settings=preferredColorScheme=0"] : ["--blink-settings=preferredColorScheme=1"]),
        `--user-data-dir=${join(folder, "profile")}`,
        `--window-size=${Math.max(1300, width)},1000`,
        "--dump-dom",
        pathToFileURL(join(folder, "ruler.html")).href,
      ],
      { longestMs: LONGEST_MS },
    );
    const [, found] = /<pre id="found">([\s\S]*?)<\/pre>/.exec(stdout) ?? [];
    if (found === undefined)
      throw new Error(`chromium ended with ${code} and measured nothing: ${stderr.slice(-2000)}`);
    const console = stderr.split("\n").filter((line) => line.includes("CONSOLE"));
    return { ...JSON.parse(Buffer.from(found, "base64").toString()), console };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--allow-file-access-from-files",
  "--enable-logging=stderr",
];

/** A page around the page, which allows no scripts. */
function ruler(width: number): string {
  return `<!doctype html><meta charset="utf-8"><iframe src="page.html" style="border:0;width:${width}px;height:800px"></iframe>
<script>${MEASURE}</script>`;
}

/** Runs in the browser. What it finds is printed in base64, so that no text of the page passes for markup. */
const MEASURE = `addEventListener("load", () => {
  const inner = document.querySelector("iframe").contentDocument;
  const room = (element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return { left, right, top, bottom, shown: right > left && bottom > top };
  };
  const shown = {};
  for (const element of inner.querySelectorAll("[id]")) {
    if (element.closest("svg") === null && room(element).shown) shown[element.id] = element.textContent.trim().slice(0, 400);
  }
  const drawings = [...inner.querySelectorAll("svg[role=img]")].filter((each) => room(each).shown);
  const cut = [];
  const covered = [];
  for (const drawing of drawings) {
    const name = drawing.getAttribute("aria-label");
    const all = room(drawing);
    const words = [...drawing.querySelectorAll("text")].map((each) => ({ text: each.textContent, ...room(each) }));
    for (const [i, one] of words.entries()) {
      if (!one.shown) continue;
      const out = Math.max(all.left - one.left, one.right - all.right, all.top - one.top, one.bottom - all.bottom);
      if (out > 2) cut.push(name + ": " + one.text + " by " + out.toFixed(1));
      for (const other of words.slice(i + 1)) {
        const x = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const y = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        // The boxes of letters are higher than the letters.
        if (x > 2 && y > 5) covered.push(name + ": " + one.text + " | " + other.text);
      }
    }
  }
  const found = {
    title: inner.title,
    ground: inner.defaultView.getComputedStyle(inner.body).backgroundColor,
    tooWide: inner.documentElement.scrollWidth - inner.documentElement.clientWidth,
    shown,
    drawings: drawings.length,
    cut,
    covered,
  };
  const result = document.createElement("pre");
  result.id = "found";
  result.textContent = btoa(Array.from(new TextEncoder().encode(JSON.stringify(found)), (byte) => String.fromCharCode(byte)).join(""));
  document.body.append(result);
});`;
