import type { AppPassword } from "../../ports/records.ts";
import type { AppPasswords } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { AppPasswordEntity } from "../entities/app-password.ts";
import { equal } from "../page.ts";

export function appPasswords(backend: Backend): AppPasswords {
  const table = backend.table<AppPassword>(AppPasswordEntity);
  return {
    insert: (password) => table.insert(password),
    byHash: (hash) => table.first({ hash }),
    ofUser: (user) => table.find({ where: equal({ user }), order: { by: ["createdAt", "id"] } }),
    async used(id, at) {
      const password = await table.get(id);
      // Nothing else of a password ever changes, and one that is removed meanwhile stays so.
      if (password !== undefined) await table.update({ ...password, lastUsedAt: at });
    },
    async remove(user, id) {
      const password = await table.get(id);
      return password?.user === user && table.remove(id);
    },
  };
}
