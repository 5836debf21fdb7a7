import type { Ocm } from "../index.ts";
import type { Output } from "./output.ts";

/** A flag: a text with a value, or a switch. */
export interface Flag {
  type: "string" | "boolean";
  /** Name of the value in the help. */
  value?: string;
  summary: string;
}

export interface Command {
  name: string;
  /** What follows the name, for the help. */
  operands: string;
  summary: string;
  flags: Readonly<Record<string, Flag>>;
  /** Null, or what is wrong with the operands, as a sentence. */
  refuse(given: Given): string | null;
  /** Only this command may make a database that is not there. */
  makesDatabase?: true;
  /** @returns the exit code: 0, or 1 where something that was asked for failed */
  run(ocm: Ocm, given: Given, out: Output): Promise<number>;
}

/** What was given on the command line after the command's name. */
export interface Given {
  operands: string[];
  flags: Record<string, string | boolean | undefined>;
}

/** The command cannot be run as it was given: one line for the person, exit code 2. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UsageError";
  }
}
