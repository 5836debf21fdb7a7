import { dockerCommand } from "./docker/command.ts";
import { runCommand } from "./launcher/run-command.ts";

await runCommand(dockerCommand);
