import type { Store } from "../ports/store.ts";
import type { Backend } from "./backend.ts";
import { appPasswords } from "./collections/app-passwords.ts";
import { contacts } from "./collections/contacts.ts";
import { copyJobs } from "./collections/copy-jobs.ts";
import { folderMarks } from "./collections/folder-marks.ts";
import { incomingShares } from "./collections/incoming-shares.ts";
import { invites } from "./collections/invites.ts";
import { lockSets } from "./collections/lock-sets.ts";
import { outgoingShares } from "./collections/outgoing-shares.ts";
import { resourceNotes } from "./collections/resource-notes.ts";
import { counters, fixing, keys, peers } from "./collections/server-state.ts";

/** The store on a database, whichever it is. */
export function storeOn(backend: Backend): Store {
  return {
    outgoing: outgoingShares(backend),
    incoming: incomingShares(backend),
    invites: invites(backend),
    contacts: contacts(backend),
    peers: peers(backend),
    keys: keys(backend),
    leases: backend.leases,
    counters: counters(backend),
    copies: copyJobs(backend),
    locks: lockSets(backend),
    notes: resourceNotes(backend),
    marks: folderMarks(backend),
    passwords: appPasswords(backend),
    fix: fixing(backend),
    ping: () => backend.ping(),
    close: () => backend.close(),
  };
}
