/**
 * The third schema: the live folder shares of everybody are found without looking at each live share, and shares of files pay for no index of
 * that.
 */
export const SQLITE_3 = `
drop index if exists "ocm_outgoing_live";
create index if not exists "ocm_outgoing_live_folder" on "ocm_outgoing" ("status", "_id") where "resource_type" = 'folder';
`;
