import { runCommand } from "./launcher/run-command.ts";
import { simulateCommand } from "./simulation/command.ts";

await runCommand(simulateCommand);
