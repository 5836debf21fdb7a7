import assert from "node:assert/strict";
import type { StoreTest } from "./harness.ts";
import { appPassword, NOW } from "./samples.ts";

export function passwordsContract(it: StoreTest): void {
  it("finds a password by its hash, and a person's own, oldest first", async ({ passwords }) => {
    const records = [3, 1, 2].map((later) => appPassword({ createdAt: NOW + later }));
    const carols = appPassword({ user: "carol", lastUsedAt: NOW });
    for (const record of [...records, carols]) assert.equal(await passwords.insert(record), true);
    for (const record of [...records, carols]) assert.deepEqual(await passwords.byHash(record.hash), record);
    assert.equal(await passwords.byHash("none"), undefined);
    assert.deepEqual(
      await passwords.ofUser("alice"),
      records.toSorted((a, b) => a.createdAt - b.createdAt),
    );
    assert.deepEqual(await passwords.ofUser("Carol"), []);
    assert.equal(await passwords.insert(appPassword({ id: carols.id })), false);
    assert.deepEqual(await passwords.ofUser("carol"), [carols]);
  });

  it("remembers when a password was last used", async ({ passwords }) => {
    const [record, other] = [appPassword(), appPassword()];
    await Promise.all([passwords.insert(record), passwords.insert(other)]);
    await passwords.used(record.id, NOW + 1);
    assert.deepEqual(await passwords.byHash(record.hash), { ...record, lastUsedAt: NOW + 1 });
    await passwords.used(record.id, NOW);
    assert.equal((await passwords.byHash(record.hash))?.lastUsedAt, NOW);
    assert.deepEqual(await passwords.byHash(other.hash), other);
  });

  it("removes a person's own password only, and a use at that moment does not bring it back", async ({ passwords }) => {
    const record = appPassword();
    await passwords.insert(record);
    assert.equal(await passwords.remove("carol", record.id), false);
    assert.deepEqual(await passwords.byHash(record.hash), record);
    const use = () => Promise.all(Array.from({ length: 5 }, (_, n) => passwords.used(record.id, NOW + n)));
    const [, isRemoved] = await Promise.all([use(), passwords.remove("alice", record.id), use()]);
    assert.equal(isRemoved, true);
    await passwords.used(record.id, NOW);
    assert.equal(await passwords.byHash(record.hash), undefined);
    assert.deepEqual(await passwords.ofUser("alice"), []);
    assert.equal(await passwords.remove("alice", record.id), false);
  });
}
