import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding, PeerOptions, TrustOptions } from "../../plugin/index.ts";
import type { Message } from "../faults/message.ts";
import { type ProxyOptions, startProxy } from "../faults/proxy.ts";
import { attributed } from "../faults/senders.ts";
import { caller } from "../http.ts";
import { castMember } from "../launcher/cast.ts";
import { startServer } from "../launcher/server-process.ts";
import { type Account, httpRole, type Role } from "../roles.ts";
import {
  REFERENCE_VARIABLE,
  type ReferenceMessage,
  type ReferenceSettings,
  type WireMessage,
} from "./reference-message.ts";
import { type CheckKey, checkKey } from "./signature.ts";

const SERVER = fileURLToPath(new URL("./reference-server.ts", import.meta.url));

/** Names of the two servers in traces and archives. */
export const OURS = "koa-ocm";
export const THEIRS = "peer";

/** Where the reference server is, and how it treats the peer. */
export interface ReferenceOptions {
  /** Scheme and host[:port] of the peer. */
  peer: string;
  settings: PeerOptions;
  signatures: NonNullable<TrustOptions["signatures"]>;
  /** Of the proxy in front of it, by which the peer reaches it. */
  place: Pick<ProxyOptions, "port" | "host" | "tls" | "origin">;
}

/** A file or folder of the peer. */
export interface RemoteThing {
  name: string;
  /** Relative to the share. */
  path: string;
  type: "file" | "folder";
  size: number | null;
}

/** Our reference server, which runs as a process behind the recording proxy. */
export interface Reference {
  origin: string;
  host: string;
  account: Account;
  /** The one person there. */
  role: Role;
  /** With this key the checks speak in the name of that person. */
  key: CheckKey;
  /** Rejects when the server ends unasked; never resolves. */
  ended: Promise<never>;
  /** What the server said to its peer so far. */
  outgoing(): Promise<Message[]>;
  /** What was said to the server so far. */
  incoming(): Message[];
  /** A received share, or what is directly in it, as the user API tells it. */
  entries(share: string): Promise<{ entry: RemoteThing; children?: RemoteThing[] }>;
  /** What `koa-ocm doctor` finds out about the peer. */
  diagnosis(): Promise<Finding[]>;
  close(): Promise<void>;
}

/** @throws PortTaken, ServerEnded */
export async function startReference({ peer, settings, signatures, place }: ReferenceOptions): Promise<Reference> {
  const received: Omit<Message, "from">[] = [];
  const watch = (message: Omit<Message, "number" | "from">) => {
    received.push(Object.assign(message, { number: 0 }));
  };
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-peer-"));
  const proxy = await startProxy({ name: OURS, watch, ...place }).catch(async (error) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  const { origin } = proxy;
  const { host } = new URL(origin);
  const account = { ...castMember(0, proxy.port).account, address: `alice@${host}` };
  const key = checkKey(origin);
  const told: ReferenceSettings = {
    federating: {
      trust: { allow: [new URL(peer).host], signatures },
      peers: { [new URL(peer).host]: settings },
    },
    peer: new URL(peer).host,
    jwk: key.jwk,
    door: randomBytes(16).toString("hex"),
  };
  const config = {
    name: OURS,
    port: proxy.port,
    origin,
    dataDir: folder,
    users: [
      { id: account.username, displayName: "Alice of koa-ocm", email: "alice@example.org", password: account.password },
    ],
  };
  const server = startServer(config, SERVER, { [REFERENCE_VARIABLE]: JSON.stringify(told) });
  const close = async (): Promise<void> => {
    await server.stop();
    await proxy.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const { port, doorPort } = await (server.ready as Promise<ReferenceMessage>).catch(async (error) => {
    await close();
    throw error;
  });
  proxy.passTo({ host: "127.0.0.1", port });
  const entrance = `http://127.0.0.1:${doorPort}`;
  const door = caller(entrance);
  const people = caller(entrance, account);
  return {
    origin,
    host,
    account,
    role: httpRole({ name: OURS, origin, entrance: () => entrance }, account),
    key,
    ended: server.ended,
    async outgoing() {
      const messages = (await door.json("GET", `/${told.door}/messages`)) as WireMessage[];
      // It also looks at itself, by the address at which peers do, and asks behind its door for its own keys.
      const own = new Set([origin, entrance]);
      return messages.filter(({ url }) => !own.has(new URL(url).origin)).map(unwired);
    },
    incoming: () =>
      attributed(received, [
        { name: OURS, origin },
        { name: THEIRS, origin: peer },
      ]),
    entries: async (share) =>
      (await people.json("GET", `/ocm/api/v1/shares/received/${encodeURIComponent(share)}/entries`)) as {
        entry: RemoteThing;
        children?: RemoteThing[];
      },
    diagnosis: async () => (await door.json("GET", `/${told.door}/diagnosis`)) as Finding[],
    close,
  };
}

function unwired({ requestBody, responseBody, ...rest }: WireMessage): Message {
  return {
    ...rest,
    from: OURS,
    to: THEIRS,
    requestBody: Buffer.from(requestBody, "base64"),
    responseBody: Buffer.from(responseBody, "base64"),
  };
}
