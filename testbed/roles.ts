import type { Readable } from "node:stream";
import { caller, encodedPath } from "./http.ts";
import { openInviteLink } from "./invite-visit.ts";

/** One server of a federation, as its users reach it. */
export interface ServerAddress {
  name: string;
  /** Scheme and host[:port]. */
  origin: string;
  /** Where people and their programs reach it now, when that is not its origin. */
  entrance?(): string;
}

/** Where requests of people go. */
export function entranceOf(server: ServerAddress): string {
  return server.entrance?.() ?? server.origin;
}

export interface Account {
  username: string;
  password: string;
  /** OCM Address. */
  address: string;
}

export interface RoleInvite {
  id: string;
  /** The invite string that is given to the other person. */
  invite: string;
  /** The same as a link, to a page of the inviting server; null: it has no such page. */
  link: string | null;
}

/**
 * Somebody has opened an invite link in a browser in which they are logged in nowhere. Each method may be repeated, and throws `Refused`
 * or `NoAnswer` as others do.
 */
export interface InviteVisit {
  /** Heading of the page to which the link leads. */
  title: string;
  /** Says where the person has their account. Gives the address of the page to which the browser is led. */
  chooseServer(): Promise<string>;
  /** Logs in at the own server, to which the browser was led, and accepts there. Gives the heading of the last page. */
  logInAndAccept(): Promise<string>;
}

export interface RoleContact {
  id: string;
  address: string;
  name: string;
  status: string;
}

export interface RoleSentShare {
  id: string;
  name: string;
  status: string;
  /** It can be opened by exchanged tokens only. */
  strict: boolean;
  reason: { code: string; message: string } | null;
  /** RFC 3339; null: never. */
  expiresAt: string | null;
  deliveries: RoleDelivery[];
}

/** A message that the other server has not acknowledged yet. */
export interface RoleDelivery {
  type: string;
  detail: string;
  attempts: number;
}

export interface RoleReceivedShare {
  id: string;
  name: string;
  sender: string;
  status: string;
  endedBy: string | null;
  access: string;
  permissions: string[];
  requirements: string[];
  expiresAt: string | null;
  deliveries: RoleDelivery[];
}

export interface RoleEntry {
  name: string;
  /** Relative to the share. */
  path: string;
  type: "file" | "folder";
  size: number | null;
}

export interface RoleEvent {
  seq: number;
  name: string;
  record: string;
  peer: string | null;
  outcome: string | null;
}

/**
 * A person at a server, and what they can do there: all that a scenario knows. Each method is one request that waits for
 * nobody; a method throws `Refused` when the server refuses.
 */
export interface Role {
  server: ServerAddress;
  username: string;
  address: string;
  /** The address that the server itself gives for the person. */
  ownAddress(): Promise<string>;
  createInvite(note: string): Promise<RoleInvite>;
  acceptInvite(invite: string): Promise<RoleContact>;
  /** Opens the link of an invite that somebody at this server made. */
  openInviteLink(link: string, inviting: ServerAddress): Promise<InviteVisit>;
  contacts(): Promise<RoleContact[]>;
  removeContact(id: string): Promise<void>;
  /** `expiresAt`: milliseconds since the Unix epoch; absent: never. */
  share(path: string, shareWith: string, permissions: string[], expiresAt?: number): Promise<RoleSentShare>;
  sent(id: string): Promise<RoleSentShare>;
  allSent(): Promise<RoleSentShare[]>;
  unshare(id: string): Promise<RoleSentShare>;
  received(): Promise<RoleReceivedShare[]>;
  receivedShare(id: string): Promise<RoleReceivedShare>;
  accept(id: string): Promise<RoleReceivedShare>;
  decline(id: string): Promise<RoleReceivedShare>;
  leave(id: string): Promise<RoleReceivedShare>;
  /** What is directly in a folder of a received share; "" is the share itself. */
  list(share: string, path: string): Promise<RoleEntry[]>;
  read(share: string, path: string): Promise<AsyncIterable<Uint8Array>>;
  write(share: string, path: string, content: Buffer<ArrayBuffer>): Promise<void>;
  /** The person's own file; folders on the way are made. A function gives the content anew for each attempt. */
  putFile(path: string, content: Readable | (() => Readable)): Promise<void>;
  getFile(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** Removes an own file or folder; nothing happens when there is none. */
  removeFile(path: string): Promise<void>;
  /** What the server decided and delivered lately, oldest first. */
  events(): Promise<RoleEvent[]>;
}

/**
 * A role at a demo server, played over the user API and the server's own file routes.
 *
 * @param api path of the user API; a function gives it for each request anew
 */
export function httpRole(server: ServerAddress, account: Account, api: string | (() => string) = "/ocm/api/v1"): Role {
  const apiPath = typeof api === "string" ? () => api : api;
  const { bytes, json } = caller(() => entranceOf(server), account);
  // The shapes are those of the user API's OpenAPI document, which the plugin's own tests check.
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await json(method, `${apiPath()}${path}`, body === undefined ? {} : { json: body })) as T;
  const share = (id: string) => `/shares/received/${encodeURIComponent(id)}`;
  const all = async <T>(path: string): Promise<T[]> => {
    const items: T[] = [];
    for (let after = ""; ; ) {
      const page = await ask<{ items: T[]; next?: string }>("GET", `${path}?limit=100${after}`);
      items.push(...page.items);
      if (page.next === undefined) {
        return items;
      }
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  };

  return {
    server,
    username: account.username,
    address: account.address,
    ownAddress: async () => (await ask<{ address: string }>("GET", "/me")).address,
    createInvite: (note) => ask("POST", "/invites", { note }),
    acceptInvite: (invite) => ask("POST", "/contacts", { invite }),
    openInviteLink: (link, inviting) => openInviteLink(link, inviting, server, account),
    contacts: () => all("/contacts"),
    removeContact: (id) => ask("DELETE", `/contacts/${encodeURIComponent(id)}`),
    share: (path, shareWith, permissions, expiresAt) =>
      ask("POST", "/shares/sent", {
        path,
        shareWith,
        permissions,
        ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
      }),
    sent: (id) => ask("GET", `/shares/sent/${encodeURIComponent(id)}`),
    allSent: () => all("/shares/sent"),
    unshare: (id) => ask("DELETE", `/shares/sent/${encodeURIComponent(id)}`),
    received: () => all("/shares/received"),
    receivedShare: (id) => ask("GET", share(id)),
    accept: (id) => ask("POST", `${share(id)}/accept`),
    decline: (id) => ask("POST", `${share(id)}/decline`),
    leave: (id) => ask("DELETE", share(id)),
    list: async (id, path) =>
      (await ask<{ children?: RoleEntry[] }>("GET", `${share(id)}/entries/${encodedPath(path)}`)).children ?? [],
    read: (id, path) => bytes(`${apiPath()}${share(id)}/content/${encodedPath(path)}`),
    write: async (id, path, content) => {
      await json("PUT", `${apiPath()}${share(id)}/content/${encodedPath(path)}`, { body: content });
    },
    putFile: async (path, content) => {
      await json("PUT", `/files${encodedPath(path)}`, { body: typeof content === "function" ? content() : content });
    },
    getFile: (path) => bytes(`/files${encodedPath(path)}`),
    removeFile: async (path) => {
      await json("DELETE", `/files${encodedPath(path)}`).catch((error) => {
        if (error?.status !== 404) {
          throw error;
        }
      });
    },
    events: async () => ((await json("GET", "/events")) as { items: RoleEvent[] }).items,
  };
}
