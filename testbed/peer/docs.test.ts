import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { CHECKS } from "./checks/table.ts";
import { HELP } from "./flags.ts";
import { REQUIREMENTS } from "./requirements.ts";

const page = await readFile(new URL("../../docs/testbed.md", import.meta.url), "utf8");

it("docs/testbed.md has the flags as --help shows them", () => {
  expect(page).toContain(`\`\`\`\n${HELP}\`\`\`\n`);
});

it("docs/testbed.md has each check with its requirements", () => {
  for (const { name, line, ids } of CHECKS) expect(page).toContain(`| \`${name}\` | ${line} | ${ids.join(", ")} |\n`);
});

it("docs/testbed.md has each requirement, and each is looked at by a check", () => {
  const used = new Set<string>(CHECKS.flatMap(({ ids }) => ids));
  for (const [id, { level, sentence }] of Object.entries(REQUIREMENTS)) {
    expect(page).toContain(`| ${id} | ${level} | ${sentence} |\n`);
    expect(used).toContain(id);
  }
});
