/**
 * `npm run docs` writes the pages of `docs/` that are made from the code. With `--check` it writes nothing, names the pages that are
 * out of date, and exits with 1 if there are any.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { errorDefinitions } from "../plugin/protocol/errors.ts";
import { reasons } from "../plugin/protocol/reasons.ts";
import { configurationPage } from "./docs/configuration.ts";
import { endpointsPage } from "./docs/endpoints.ts";
import { errorsPage } from "./docs/errors.ts";
import { documentedRoutes } from "./docs/routes.ts";

const pages = new Map<string, string>([
  ["docs/errors.md", errorsPage(errorDefinitions(), reasons())],
  ["docs/configuration.md", configurationPage(read("plugin/options.ts"))],
  ["docs/endpoints.md", endpointsPage(documentedRoutes())],
]);

const { values } = parseArgs({ options: { check: { type: "boolean" } } });
for (const [file, text] of pages) {
  if (!values.check) {
    writeFileSync(pathOf(file), text);
  } else if (!existsSync(pathOf(file)) || read(file) !== text) {
    console.log(`${file} is out of date: run npm run docs`);
    process.exitCode = 1;
  }
}

function read(file: string): string {
  return readFileSync(pathOf(file), "utf8");
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../${file}`, import.meta.url));
}
