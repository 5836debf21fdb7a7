import { z } from "zod";
import type { OcmApi } from "../../api.ts";
import type { HostUsers } from "../../ports/host.ts";
import type { Page, PageRequest } from "../../ports/store.ts";
import { formatAddress, parseAddress } from "../../protocol/address.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { Route } from "../route.ts";
import { parseQuery, text } from "./input.ts";
import { json } from "./reply.ts";
import * as schemas from "./schemas.ts";
import { userRoute } from "./user-route.ts";
import { label, serverOf } from "./views.ts";

const search = z.strictObject({
  q: text(255).min(1).describe("Part of a name or an address, or a whole OCM Address."),
  limit: z.coerce.number().int().min(1).max(100).default(20).describe("At most this many people."),
});

/** How many records of each kind are looked at: the newest. */
const LOOK_AT = 1000;

type Person = z.infer<typeof schemas.person>;
type Found = { address: string; name: string; email?: string; source: Person["source"] };

interface PeopleDeps {
  api: OcmApi;
  users: HostUsers;
  ownHost: string;
}

/** Whom to share with: found in what this server knows already. No other server is asked. */
export function peopleRoutes(deps: PeopleDeps): Route[] {
  return [
    userRoute({
      method: "GET",
      path: "/people",
      summary: "Find people here, among contacts and in earlier shares, by part of a name or address",
      openapi: {
        operationId: "findPeople",
        query: search,
        responses: { 200: { description: "People, the nearest first.", schema: schemas.pageOf(schemas.person) } },
      },
      async handle(call) {
        const { q, limit } = parseQuery(search, call.query);
        const found = await find(deps, call.user.id, q, limit);
        return json(200, { items: found.slice(0, limit).map(personView) });
      },
    }),
  ];
}

/** Local people first, then contacts, then whoever was shared with, then the text itself where it is an address. */
async function find(deps: PeopleDeps, user: string, q: string, limit: number): Promise<Found[]> {
  const { api, users, ownHost } = deps;
  const [local, contacts, sent, received] = await Promise.all([
    users.search?.(q, limit) ?? [],
    newest((page) => api.contacts.list(user, page)),
    newest((page) => api.sent.list(user, page)),
    // A share that waits may be from anybody: its sender is not a person one knows.
    newest((page) => api.received.list(user, { ...page, status: "accepted" })),
  ]);
  const known: Found[] = [
    ...contacts
      .filter((contact) => contact.status === "active" && contact.address !== "")
      .map((contact): Found => ({ ...contact, source: "contact" })),
    ...sent
      .filter((share) => share.status !== "rejected")
      .map((share): Found => earlier(share.shareWith, share.recipientDisplayName)),
    ...received.map((share): Found => earlier(share.sender, share.senderDisplayName)),
  ];
  const wanted = folded(q);
  const all: Found[] = [
    ...local.map((one): Found => ({ address: `${one.id}@${ownHost}`, name: one.displayName, source: "local" })),
    ...known.filter((one) => [one.name, one.address, one.email ?? ""].some((part) => folded(part).includes(wanted))),
    ...literal(q),
  ];
  const nearest = new Map<string, Found>();
  for (const one of all) if (!nearest.has(one.address)) nearest.set(one.address, one);
  nearest.delete(`${user}@${ownHost}`);
  return [...nearest.values()];
}

function earlier(address: string, name: string | null): Found {
  return { address, name: name ?? address.slice(0, address.lastIndexOf("@")), source: "share" };
}

async function newest<V>(list: (page: PageRequest) => Promise<Page<V>>): Promise<V[]> {
  return (await list({ limit: LOOK_AT })).items;
}

function personView({ address, name, source }: Found): Person {
  const server = serverOf(address);
  return { address, name, server, label: label(name, server), source };
}

/** Case and the two ways to write an accent make no difference. */
function folded(value: string): string {
  return value.normalize("NFC").toLowerCase();
}

/** The text itself, where it is an OCM Address. */
function literal(q: string): Found[] {
  try {
    return [{ ...earlier(formatAddress(parseAddress(q.trim())), null), source: "address" }];
  } catch (error) {
    if (error instanceof OcmError) return [];
    throw error;
  }
}
