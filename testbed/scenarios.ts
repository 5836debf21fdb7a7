import { runCommand } from "./launcher/run-command.ts";
import { scenariosCommand } from "./launcher/scenarios-command.ts";

await runCommand(scenariosCommand);
