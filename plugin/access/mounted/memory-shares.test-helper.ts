import type { IncomingShare } from "../../ports/records.ts";
import type { IncomingShares } from "../../ports/store.ts";

/** The received shares of a test, which changes them at will. */
export function memoryShares(shares: Map<string, IncomingShare>): Pick<IncomingShares, "get" | "replace" | "ofUser"> {
  return {
    get: async (id) => shares.get(id),
    async replace(record) {
      if (shares.get(record.id)?.version !== record.version) return false;
      shares.set(record.id, { ...record, version: record.version + 1 });
      return true;
    },
    async ofUser(user, { status, limit, after = "0" }) {
      const all = [...shares.values()].filter(
        (share) => share.user === user && (status === undefined || share.status === status),
      );
      const start = Number(after);
      const items = all.slice(start, start + limit);
      return start + limit < all.length ? { items, next: String(start + limit) } : { items };
    },
  };
}
