import type { MongoIndex } from "./mongo-index.ts";

/** The further index of the third schema. */
export const MONGODB_3: Readonly<Record<string, readonly MongoIndex[]>> = {
  ocm_outgoing: [{ name: "ocm_outgoing_type", fields: ["resourceType", "status", "_id"] }],
};
