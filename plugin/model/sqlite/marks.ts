import type { MarkWrites } from "../backend.ts";
import type { Connection } from "./connection.ts";
import type { Writer } from "./writer.ts";

const INSERT = `insert into "ocm_mark" ("_id", "tree", "path", "version", "digest", "swept_at") values (?, ?, ?, ?, ?, ?)
  on conflict ("_id") do update set`;
const BUMP = `${INSERT} "version" = max("version" + 1, excluded."version")`;
const SAW = `${INSERT} "digest" = excluded."digest", "swept_at" = excluded."swept_at"`;
const SAW_IF = `${SAW} where "digest" is ?`;

/** Marks are written loosely: what a power cut takes of them, the next sweep of the shared folders finds out again. */
export function sqliteMarks({ statement }: Connection, writer: Writer): MarkWrites {
  return {
    bump: (places, now) =>
      writer.writeLoosely(() => {
        for (const { id, tree, path } of places) statement(BUMP).run(id, tree, path, now, null, null);
      }),
    saw: ({ id, tree, path }, digest, now, before) =>
      writer.writeLoosely(() => {
        const values = [id, tree, path, now, digest, now];
        const { changes } =
          before === undefined ? statement(SAW).run(...values) : statement(SAW_IF).run(...values, before);
        return changes === 1;
      }),
  };
}
