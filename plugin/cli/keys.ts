import type { Command } from "./command.ts";
import { aligned, timeOf } from "./output.ts";

export const keys: Command = {
  name: "keys",
  operands: "[rotate]",
  summary: "List the keys with which this server signs, or begin to change to a new one.",
  flags: {},
  refuse: ({ operands: [action, ...more] }) =>
    (action === undefined || action === "rotate") && more.length === 0 ? null : "keys takes nothing, or rotate.",
  async run(ocm, { operands: [action] }, out) {
    if (action === "rotate") {
      const key = await ocm.operator.rotateKeys();
      if (out.json) out.object(key);
      else {
        out.line(`The new key signs from ${timeOf(key.activeAt)} on: ${key.kid}`);
        out.line(
          "A running server publishes it within ten minutes, so that peers know it in time. Nothing else has to be done.",
        );
      }
      return 0;
    }
    const found = await ocm.operator.keys();
    if (out.json) for (const key of found) out.object(key);
    else {
      const rows = found.map(({ state, activeAt, goneAt, kid }) => [state, timeOf(activeAt), timeOf(goneAt), kid]);
      for (const line of aligned([["STATE", "SIGNS FROM", "PUBLISHED UNTIL", "KID"], ...rows])) out.line(line);
    }
    return 0;
  },
};
