import { runCommand } from "./launcher/run-command.ts";
import { scenarioCommand } from "./launcher/scenario-command.ts";

await runCommand(scenarioCommand);
