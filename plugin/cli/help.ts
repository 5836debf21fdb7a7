import type { Command, Flag } from "./command.ts";
import { aligned } from "./output.ts";

/** What the commands are, and the flags of all. */
export function helpOnAll(commands: readonly Command[], common: Readonly<Record<string, Flag>>): string[] {
  return [
    "koa-ocm COMMAND: looks after the Open Cloud Mesh of one server, also while it runs.",
    "",
    ...aligned([
      ...commands.map(({ name, summary }) => [`  ${name}`, summary]),
      ["  help [COMMAND]", "Explain a command."],
    ]),
    "",
    ...flagLines(common),
    "",
    "Exit codes: 0 all is well; 1 a check or the work failed; 2 the command could not be run as it was given.",
  ];
}

/** One command and all that it takes. */
export function helpOn(command: Command | "help", common: Readonly<Record<string, Flag>>): string[] {
  if (command === "help") return ["koa-ocm help [COMMAND]", "", "Explain a command."];
  const { name, operands, summary, flags } = command;
  return [`koa-ocm ${name} ${operands}`.trimEnd(), "", summary, "", ...flagLines({ ...flags, ...common })];
}

function flagLines(flags: Readonly<Record<string, Flag>>): string[] {
  return aligned(
    Object.entries(flags).map(([name, { value, summary }]) => [`  --${name}${value ? ` ${value}` : ""}`, summary]),
  );
}
