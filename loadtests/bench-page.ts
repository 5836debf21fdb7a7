import { runCommand } from "../testbed/launcher/run-command.ts";
import { pageCommand } from "./page/page-command.ts";

await runCommand(pageCommand);
