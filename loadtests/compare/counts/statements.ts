import { DatabaseSync } from "node:sqlite";

const METHODS = ["run", "get", "all", "iterate"] as const;

/** What SQLite was told to do, in all databases of this process. */
export interface Statements {
  queries: number;
  commits: number;
}

/** Counts from now on. Statements that were prepared before are not seen. */
export function countStatements(): () => Statements {
  const counted: Statements = { queries: 0, commits: 0 };
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql, ...more) {
    const statement = prepare.call(this, sql, ...more);
    const kind = /^\s*(begin|commit)\b/i.exec(sql)?.[1]?.toLowerCase();
    for (const method of METHODS) {
      const original = statement[method].bind(statement) as (...values: unknown[]) => never;
      statement[method] = (...values: unknown[]) => {
        if (kind === "commit") counted.commits += 1;
        else if (kind === undefined) counted.queries += 1;
        return original(...values);
      };
    }
    return statement;
  };
  return () => ({ ...counted });
}
