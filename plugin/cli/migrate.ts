import type { Command } from "./command.ts";
import { packageVersion } from "./package-version.ts";

export const migrate: Command = {
  name: "migrate",
  operands: "",
  summary: "Bring the database to the newest schema, or make it, and say its version.",
  flags: {},
  makesDatabase: true,
  refuse: ({ operands }) => (operands.length === 0 ? null : "migrate takes no operands."),
  async run(ocm, _given, out) {
    // Opening the database has migrated it.
    const schema = await ocm.operator.schema();
    const version = packageVersion();
    if (out.json) out.object({ schema, version });
    else out.line(`The database has schema ${schema ?? "of its own"}, the newest that koa-ocm ${version} knows.`);
    return 0;
  },
};
