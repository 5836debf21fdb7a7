import type { Contact } from "../../ports/records.ts";
import type { Contacts } from "../../ports/store.ts";
import type { Backend } from "../backend.ts";
import { ContactEntity } from "../entities/contact.ts";
import { equal, readPage } from "../page.ts";
import { aggregateTable, collection, NEWEST_FIRST } from "./collection.ts";

export function contacts(backend: Backend): Contacts {
  const table = aggregateTable<Contact>(backend, ContactEntity, "contact");

  return {
    ...collection(table, "contact"),
    async find(user, host, identifier) {
      const known = (await table.find({ where: equal({ host, identifier, user }) })).filter(
        (contact) => contact.status !== "removed",
      );
      return known.find((contact) => contact.status === "active") ?? known[0];
    },
    byTokenHash: (user, hash) => table.first({ user, tokenHash: hash }),
    ofUser: (user, page) => readPage(table, { where: equal({ user }), order: NEWEST_FIRST }, page),
    ofPerson: (host, identifier) => table.find({ where: equal({ host, identifier }) }),
  };
}
