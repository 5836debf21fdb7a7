import type { IncomingMessage, ServerResponse } from "node:http";
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";
import { caller } from "../http.ts";
import type { Role, RoleEntry, RoleReceivedShare, ServerAddress } from "../roles.ts";
import { closeServers, listen } from "../server/listen.ts";

/** A Share Creation Notification as it was before the draft: one protocol, and the secret among its options. */
const notice = z.object({
  shareWith: z.string(),
  name: z.string(),
  providerId: z.string(),
  owner: z.string(),
  protocol: z.object({ name: z.literal("webdav"), options: z.object({ sharedSecret: z.string().min(1) }) }),
});
const notification = z.object({ notificationType: z.string(), providerId: z.string() });
const discovery = z.object({
  resourceTypes: z.array(z.object({ protocols: z.object({ webdav: z.string() }) })).min(1),
});
const multistatus = z.object({
  multistatus: z.object({ response: z.array(z.object({ href: z.string() })) }),
});

interface LegacyShare extends RoleReceivedShare {
  secret: string;
}

/**
 * A server of the time before the draft, as far as a receiver needs it: it signs nothing, exchanges nothing, and opens what it was given
 * by HTTP Basic.
 */
export interface LegacyServer {
  role: Role;
  port: number;
  close(): Promise<void>;
}

/** @param username the one person there @param server how peers know it */
export async function startLegacyServer(username: string, server: ServerAddress): Promise<LegacyServer> {
  const address = `${username}@${new URL(server.origin).host}`;
  const shares: LegacyShare[] = [];
  const take = async (req: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    switch (`${req.method} ${req.url}`) {
      case "GET /.well-known/ocm":
        return { status: 200, body: discoveryOf(server) };
      case "POST /ocm/shares": {
        const share = notice.parse(await jsonOf(req));
        // Servers of that time took and wrote the host with its scheme.
        if (share.shareWith.replace(/@https?:\/\//, "@") !== address)
          return { status: 404, body: { message: "There is no such person." } };
        if (shares.every(({ id }) => id !== share.providerId)) shares.push(received(share));
        return { status: 201, body: { recipientDisplayName: username } };
      }
      case "POST /ocm/notifications": {
        const { notificationType, providerId } = notification.parse(await jsonOf(req));
        const share = shares.find(({ id }) => id === providerId);
        if (share === undefined) return { status: 404, body: { message: "There is no such share." } };
        if (notificationType === "SHARE_UNSHARED") Object.assign(share, { status: "ended", endedBy: "owner" });
        return { status: 201, body: {} };
      }
      default:
        return { status: 404, body: { message: "There is nothing here." } };
    }
  };
  const answer = (res: ServerResponse, status: number, body: unknown) =>
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  const { servers, port } = await listen(0, (req, res) => {
    take(req).then(
      ({ status, body }) => answer(res, status, body),
      () => answer(res, 400, { message: "This is not understood." }),
    );
  });
  return { port, role: legacyRole(server, username, address, shares), close: () => closeServers(servers, 0) };
}

function legacyRole(server: ServerAddress, username: string, address: string, shares: LegacyShare[]): Role {
  const cannot = (): never => {
    throw new Error(`A server of before the draft such as ${server.name} cannot do this.`);
  };
  const one = (id: string): LegacyShare => shares.find((share) => share.id === id) ?? cannot();
  /** Sends a request to the resource: the prefix that the sender's server names, with the secret as user name. */
  const open = async (id: string, method: string, path: string, headers: Record<string, string> = {}) => {
    const { sender, secret } = one(id);
    const { origin } = new URL(`http://${sender.slice(sender.lastIndexOf("@") + 1)}`);
    const { json, send } = caller(origin, { username: secret, password: "" });
    const [type] = discovery.parse(await json("GET", "/.well-known/ocm")).resourceTypes;
    return await send(method, `${type?.protocols.webdav}${path}`, { headers });
  };
  return {
    server,
    username,
    address,
    ownAddress: async () => address,
    createInvite: cannot,
    acceptInvite: cannot,
    openInviteLink: cannot,
    contacts: async () => [],
    removeContact: cannot,
    share: cannot,
    sent: cannot,
    allSent: async () => [],
    unshare: cannot,
    received: async () => shares.map((share) => ({ ...share })),
    receivedShare: async (id) => ({ ...one(id) }),
    accept: cannot,
    decline: cannot,
    leave: cannot,
    list: async (id, path) => {
      const response = await open(id, "PROPFIND", path, { depth: "1" });
      const parser = new XMLParser({ removeNSPrefix: true, isArray: (name) => name === "response" });
      const found = multistatus.parse(parser.parse(await response.text())).multistatus.response;
      return found.slice(1).map(({ href }): RoleEntry => {
        const name = decodeURIComponent(href.replace(/\/$/, "").split("/").at(-1) ?? "");
        return { name, path: `${path}${name}`, type: href.endsWith("/") ? "folder" : "file", size: null };
      });
    },
    read: async (id, path) => (await open(id, "GET", path)).body ?? cannot(),
    write: cannot,
    putFile: cannot,
    getFile: cannot,
    removeFile: cannot,
    events: async () => [],
  };
}

function received({ providerId, name, owner, protocol }: z.infer<typeof notice>): LegacyShare {
  return {
    id: providerId,
    name,
    sender: owner,
    status: "pending",
    endedBy: null,
    access: "unknown",
    permissions: ["read"],
    requirements: [],
    expiresAt: null,
    deliveries: [],
    secret: protocol.options.sharedSecret,
  };
}

function discoveryOf({ origin, name }: ServerAddress): Record<string, unknown> {
  return {
    enabled: true,
    apiVersion: "1.0-proposal1",
    endPoint: `${origin}/ocm`,
    provider: name,
    resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/dav/" } }],
  };
}

async function jsonOf(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
