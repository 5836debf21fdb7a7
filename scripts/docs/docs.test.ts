import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { configurationPage } from "./configuration.ts";
import { endpointsPage } from "./endpoints.ts";
import { errorsPage } from "./errors.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("docs/dependencies.md", () => {
  const manifest: Record<string, Record<string, string>> = JSON.parse(read("package.json"));
  const named = [...read("docs/dependencies.md").matchAll(/^\| `(.+?)` \| (.+?) \| .+ \|$/gm)];
  const installed = ["dependencies", "peerDependencies", "devDependencies"].flatMap((key) =>
    Object.keys(manifest[key] ?? {}),
  );

  it("has one line for each dependency, and none for anything else", () => {
    expect(named.map(([, name]) => name).sort()).toEqual([...new Set(installed)].sort());
  });

  it("gives the licence that each package states", () => {
    for (const [, name, licence] of named) {
      const { license } = JSON.parse(read(`node_modules/${name}/package.json`));
      expect(`${name} ${licence}`).toBe(`${name} ${license}`);
    }
  });
});

describe("docs/configuration.md", () => {
  it("has a section for each interface and a row for each property", () => {
    const page = configurationPage(`
      /** All of it. */
      export interface Options {
        /** Who. */
        who: "a" | "b";
        /**
         * How
         * often. @default 3
         */
        often?: number;
        /** More. */
        more?: MoreOptions;
      }
    `);
    expect(page).toContain("## Options\n\nAll of it.\n");
    expect(page).toContain('| `who` | `"a" \\| "b"` | required | Who. |');
    expect(page).toContain("| `often` | `number` | `3` | How often. |");
    expect(page).toContain("| `more` | [`MoreOptions`](#moreoptions) |  | More. |");
  });

  it("refuses an option without a doc comment", () => {
    expect(() => configurationPage("export interface Options { bare: string }")).toThrow(
      "Options.bare has no doc comment.",
    );
  });
});

describe("docs/errors.md", () => {
  it("has a row for each code", () => {
    const definition = { code: "not-json", status: 400, message: "It is | not.", next: "Mend it." } as const;
    const page = errorsPage([definition], [["peer-dns", "No name."]]);
    expect(page).toContain("| `not-json` | 400 | It is \\| not. | Mend it. |");
    expect(page).toContain("| `peer-dns` | No name. |");
  });
});

describe("docs/endpoints.md", () => {
  it("says of each route what a caller needs to know", () => {
    const page = endpointsPage([
      {
        method: "POST",
        base: "prefix",
        path: "/shares",
        body: { kind: "json", limit: 65_536 },
        access: { kind: "peer", policy: "signed by the sender's host" },
        summary: "Receive a share",
        reference: "draft, section 4",
      },
      {
        method: "GET",
        base: "root",
        path: "/x",
        body: { kind: "none" },
        access: { kind: "open" },
        feature: "pages",
        summary: "A page",
      },
    ]);
    expect(page).toContain(
      "| POST | `{prefix}/shares` | Receive a share | a peer: signed by the sender's host | JSON, 64 KiB at most |  | draft, section 4 |",
    );
    expect(page).toContain("| GET | `/x` | A page | anybody |  | `pages: false` |  |");
  });
});
