import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { originOf } from "../../server/config.ts";
import { serverSettings } from "./settings.ts";

const COMMAND = fileURLToPath(new URL("../../../plugin/cli/main.ts", import.meta.url));

// The koa-ocm command for the server whose container this is.
const settings = await serverSettings();
const environment = { OCM_DATABASE: settings.database, OCM_ORIGIN: originOf(settings), ...process.env };
const words = [COMMAND, ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, words, { stdio: "inherit", env: environment }).status ?? 1);
