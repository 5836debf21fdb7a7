/** The third schema: the live folder shares of everybody are found without looking at each live share. */
export const SQLITE_3 = `
create index "ocm_outgoing_type" on "ocm_outgoing" ("resource_type", "status", "_id");
`;
