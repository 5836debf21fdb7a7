import { runCommand } from "./launcher/run-command.ts";
import { peerCommand } from "./peer/command.ts";

await runCommand(peerCommand);
