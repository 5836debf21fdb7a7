import type { MongoIndex } from "./mongo-index.ts";

/** The further index of the third schema. */
export const MONGODB_3: Readonly<Record<string, readonly MongoIndex[]>> = {
  ocm_outgoing: [{ name: "ocm_outgoing_live_folder", fields: ["status", "_id"], where: { resourceType: "folder" } }],
};

/** What nobody looks into since then, by collection. */
export const DROPPED_3: Readonly<Record<string, readonly string[]>> = { ocm_outgoing: ["ocm_outgoing_live"] };
