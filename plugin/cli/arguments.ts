import { parseArgs } from "node:util";
import { type Command, type Flag, type Given, UsageError } from "./command.ts";
import { nearest } from "./nearest.ts";

export type Flags = Readonly<Record<string, Flag>>;

/** A command line, understood. */
export interface Line {
  /** `help` stands for itself, and for a line that only asks for help or the version. */
  command: Command | "help";
  given: Given;
}

/** Reads a command line. @throws UsageError with one sentence that names what comes nearest */
export function readArguments(args: readonly string[], commands: readonly Command[], common: Flags): Line {
  const all: Flags = Object.assign({}, common, ...commands.map(({ flags }) => flags));
  const { tokens, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: all,
  });
  const given = tokens.filter((token) => token.kind === "option");
  const [name] = positionals;
  const asksForItself = given.some(({ name }) => name === "help" || name === "version");
  const command = name === undefined && asksForItself ? "help" : commandNamed(name, commands);
  if (command === undefined) {
    throw new UsageError(`Say what to do: ${commands.map(({ name }) => name).join(", ")} or help.`);
  }
  const flags = { ...common, ...(command === "help" ? {} : command.flags) };
  for (const option of given) {
    if (option.name in flags) continue;
    const known = nearest(option.name, Object.keys(flags));
    throw new UsageError(`${option.rawName} is no flag of ${name ?? "koa-ocm"}. Did you mean --${known}?`);
  }
  return { command, given: strictly(args, flags) };
}

/** @throws UsageError for a name that is none */
export function commandNamed(name: string | undefined, commands: readonly Command[]): Command | "help" | undefined {
  if (name === undefined || name === "help") return name;
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  const known = nearest(name, [...commands.map((each) => each.name), "help"]);
  throw new UsageError(`"${name}" is no command. Did you mean ${known}?`);
}

/** With the values of flags checked. */
function strictly(args: readonly string[], options: Flags): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    return { operands: positionals.slice(1), flags: values };
  } catch (cause) {
    const [sentence = ""] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new UsageError(sentence, { cause });
  }
}
