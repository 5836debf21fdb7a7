import { describe, expect, it } from "vitest";
import type { Backend } from "../backend.ts";
import { resourceNote } from "../contract/samples.ts";
import { type Place, placeKey } from "../entities/resource-state.ts";
import { migrateSqlite } from "../migrations/sqlite.ts";
import { sqliteBackend } from "../sqlite/backend.ts";
import { connect } from "../sqlite/connection.ts";
import type { Table } from "../table.ts";
import { testSystem } from "../test-system.test-helper.ts";
import { resourceNotes } from "./resource-notes.ts";

const TREE = "files:alice";
const FILES = 600;

/** A backend whose writes stop when so many of them are over: an insert before it is done, a removal in the middle. */
async function cutOff(): Promise<{ backend: Backend; cutAfter(writes: number): void }> {
  const connection = connect(":memory:", "normal");
  await migrateSqlite(connection, testSystem);
  const whole = sqliteBackend(connection, undefined, testSystem);
  let left = Number.POSITIVE_INFINITY;
  function spend(): void {
    if (left === 0) throw new Error("The process was killed.");
    left -= 1;
  }
  function cutTable<R extends object>(table: Table<R>): Table<R> {
    return {
      ...table,
      async insert(record) {
        spend();
        return table.insert(record);
      },
      async removeAll(where) {
        if (left === 0) {
          const [first] = await table.find({ where, limit: 1 });
          if (first !== undefined) await table.remove(placeKey(first as Place & R).id);
        }
        spend();
        await table.removeAll(where);
      },
    };
  }
  return {
    backend: { ...whole, table: (entity, options) => cutTable(whole.table(entity, options)) },
    cutAfter(writes) {
      left = writes;
    },
  };
}

describe("The notes of a folder that is moved", () => {
  it("are whole after a move that was cut off anywhere and is told again, and nothing of before is left", async () => {
    // Two removals at the destination, an insert for each note, two removals at the source.
    const writes = 2 + FILES + 1 + 2;
    for (const cut of [0, 1, 2, 3, 4, 257, 258, 259, 400, writes - 3, writes - 2, writes - 1, writes]) {
      const { backend, cutAfter } = await cutOff();
      const notes = resourceNotes(backend);
      const names = ["", ...Array.from({ length: FILES }, (_, n) => `/${n}`)];
      for (const name of names) await notes.put(resourceNote({ path: `/a${name}` }));
      await notes.put(resourceNote({ path: "/b/stale" }));
      await notes.put(resourceNote({ path: "/b/7", updatedAt: 1 }));
      cutAfter(cut);
      const moving = notes.move(TREE, "/a", "/b");
      if (cut === writes) await moving;
      else await expect(moving).rejects.toThrow("killed");
      cutAfter(Number.POSITIVE_INFINITY);
      await notes.move(TREE, "/a", "/b");
      for (const name of names) {
        expect(await notes.get(TREE, `/a${name}`)).toBeUndefined();
        expect(await notes.get(TREE, `/b${name}`)).toEqual(resourceNote({ path: `/b${name}` }));
      }
      expect(await notes.get(TREE, "/b/stale")).toBeUndefined();
      await backend.close();
    }
  });

  it("cannot go into the folder itself or over it, and stay where they are when that is no move", async () => {
    const { backend } = await cutOff();
    const notes = resourceNotes(backend);
    await notes.put(resourceNote({ path: "/a/b" }));
    for (const [from, to] of [
      ["/a", "/a/b"],
      ["/a/b", "/a"],
      ["/", "/a"],
      ["/a", "/"],
    ] as const) {
      await expect(notes.move(TREE, from, to)).rejects.toMatchObject({ code: "internal" });
      await expect(notes.copy(TREE, from, to)).rejects.toMatchObject({ code: "internal" });
    }
    await notes.move(TREE, "/a", "/a");
    await notes.copy(TREE, "/a", "/a");
    expect(await notes.get(TREE, "/a/b")).toEqual(resourceNote({ path: "/a/b" }));
    await backend.close();
  });
});

describe("The question for the notes of many paths", () => {
  it("is refused for more than a thousand", async () => {
    const { backend } = await cutOff();
    const paths = Array.from({ length: 1001 }, (_, n) => `/${n}`);
    await expect(resourceNotes(backend).of(TREE, paths)).rejects.toMatchObject({ code: "internal" });
    await backend.close();
  });
});
