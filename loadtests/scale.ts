/** `npm run scale -- CURVE[,CURVE]`: how a server with the plugin bears growth. `--help` shows the flags. */
import { runCommand } from "../testbed/launcher/run-command.ts";
import { scaleCommand } from "./scale/command.ts";

await runCommand(scaleCommand);
