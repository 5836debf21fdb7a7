import { describe, expect, it } from "vitest";
import { readArguments } from "./arguments.ts";
import { type Command, UsageError } from "./command.ts";
import { deliveries } from "./deliveries.ts";
import { doctor } from "./doctor.ts";
import { keys } from "./keys.ts";
import { nearest } from "./nearest.ts";
import { peers } from "./peers.ts";

const COMMANDS: Command[] = [doctor, peers, deliveries, keys];
const COMMON = { json: { type: "boolean", summary: "" }, database: { type: "string", summary: "" } } as const;

/** What `run` refuses before it opens anything. */
function refusal(args: string[]): string | null {
  try {
    const { command, given } = readArguments(args, COMMANDS, COMMON);
    return command === "help" ? null : command.refuse(given);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

describe("a command line", () => {
  it.each([
    [[], "Say what to do: doctor, peers, deliveries, keys or help."],
    [["docter", "x"], '"docter" is no command. Did you mean doctor?'],
    [["peers", "--jsn"], "--jsn is no flag of peers. Did you mean --json?"],
    [["peers", "--host", "x"], "--host is no flag of peers. Did you mean --json?"],
    [["--josn", "peers"], "--josn is no flag of peers. Did you mean --json?"],
    [["peers", "--database"], "Option '--database <value>' argument missing"],
    [["peers", "--json=yes"], "Option '--json' does not take an argument"],
    [["doctor"], "doctor takes one peer: a host, host:port or the OCM Address of somebody there."],
    [["doctor", "a", "b"], "doctor takes one peer: a host, host:port or the OCM Address of somebody there."],
    [["peers", "a"], "peers takes no operands."],
    [["keys", "forget"], "keys takes nothing, or rotate."],
    [["keys", "rotate", "now"], "keys takes nothing, or rotate."],
    [["deliveries", "a"], "deliveries takes no operands without --retry."],
    [
      ["deliveries", "--retry", "share", "a"],
      "--retry takes one of outgoing, incoming, invite, contact, and then the record.",
    ],
    [["deliveries", "--retry", "outgoing"], "--retry takes the kind and the record, as the list shows them."],
  ])("%j is refused in one sentence", (args, sentence) => {
    expect(refusal(args)).toBe(sentence);
  });

  it("has its flags anywhere, and operands that look like flags after --", () => {
    const { command, given } = readArguments(["--json", "doctor", "--database=x", "--", "-peer"], COMMANDS, COMMON);
    expect(command).toBe(doctor);
    expect(given.operands).toEqual(["-peer"]);
    expect(given.flags).toMatchObject({ json: true, database: "x" });
  });
});

describe("the nearest name", () => {
  it.each([
    ["docter", "doctor"],
    ["per", "peers"],
    ["", "keys"],
    ["delivery", "deliveries"],
  ])("to %j is %s", (typed, name) => {
    expect(nearest(typed, ["doctor", "peers", "deliveries", "keys"])).toBe(name);
  });
});
