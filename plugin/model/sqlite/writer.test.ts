import type { StatementSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { testSystem } from "../test-system.test-helper.ts";
import { type Connection, connect } from "./connection.ts";
import { createWriter } from "./writer.ts";

/** A connection that counts its commits. */
function counting(): { connection: Connection; commits: () => number } {
  const connection = connect(":memory:", "full");
  connection.handle.exec("create table t (id text primary key, n integer not null check (n < 100))");
  let commits = 0;
  return {
    commits: () => commits,
    connection: {
      ...connection,
      statement(sql): StatementSync {
        if (sql === "commit") commits += 1;
        return connection.statement(sql);
      },
    },
  };
}

describe("The writer", () => {
  it("writes what comes while the event loop goes round in one transaction", async () => {
    const { connection, commits } = counting();
    const { write } = createWriter(connection, testSystem);
    const insert = (n: number) =>
      write(() => connection.statement("insert into t values (?, ?)").run(`id ${n}`, n).changes);
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => insert(n)));
    expect(outcomes).toEqual(Array(50).fill(1));
    expect(commits()).toBe(1);
    await insert(50);
    await insert(51);
    expect(commits()).toBe(3);
  });

  it("takes no more than 256 into one transaction", async () => {
    const { connection, commits } = counting();
    const { write } = createWriter(connection, testSystem);
    await Promise.all(
      Array.from({ length: 600 }, (_, n) =>
        write(() => connection.statement("insert into t values (?, 1)").run(`id ${n}`)),
      ),
    );
    expect(commits()).toBe(3);
  });

  it("tells the caller of a statement that fails, and commits the others", async () => {
    const { connection, commits } = counting();
    const { write } = createWriter(connection, testSystem);
    const insert = (id: string, n: number) =>
      write(() => connection.statement("insert into t values (?, ?)").run(id, n));
    const outcomes = await Promise.allSettled([insert("a", 1), insert("b", 100), insert("a", 2), insert("c", 3)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "internal", cause: expect.any(Error) } });
    expect(commits()).toBe(1);
    expect(connection.handle.prepare("select id, n from t order by id").all()).toMatchObject([
      { id: "a", n: 1 },
      { id: "c", n: 3 },
    ]);
  });

  it("waits for the disk for each group, but for one that is loose as a whole", async () => {
    const { connection } = counting();
    const { write, writeLoosely } = createWriter(connection, testSystem);
    const mode = () => connection.handle.prepare("pragma synchronous").get()?.synchronous;
    const insert = (id: string) => () => {
      connection.statement("insert into t values (?, 1)").run(id);
      return mode();
    };
    const [full, normal] = [2, 1];
    expect(await write(insert("a"))).toBe(full);
    expect(await Promise.all([writeLoosely(insert("b")), writeLoosely(insert("c"))])).toEqual([normal, normal]);
    expect(await Promise.all([writeLoosely(insert("d")), write(insert("e"))])).toEqual([full, full]);
    await writeLoosely(insert("f"));
    expect(await write(insert("g"))).toBe(full);
    expect(connection.handle.prepare("select count(*) as n from t").get()).toEqual({ n: 7 });
  });

  it("goes on when a group was rolled back under it", async () => {
    const { connection } = counting();
    const { write } = createWriter(connection, testSystem);
    let runs = 0;
    const saboteur = write(() => {
      runs += 1;
      connection.handle.exec("rollback");
      throw new Error("The transaction is gone.");
    });
    const neighbour = write(() => connection.statement("insert into t values ('n', 1)").run().changes);
    await expect(saboteur).rejects.toMatchObject({ code: "internal" });
    expect(await neighbour).toBe(1);
    expect(runs).toBe(2);
    expect(connection.handle.isTransaction).toBe(false);
  });
});
