import { runCommand } from "./launcher/run-command.ts";
import { drawCommand } from "./plots/draw-command.ts";

await runCommand(drawCommand);
