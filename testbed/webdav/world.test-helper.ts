import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { faultsIn } from "../flows/checks.test-helper.ts";
import { movedClock } from "../flows/clock.test-helper.ts";
import { type FakePeer, startFakePeer } from "../flows/fake-peer.test-helper.ts";
import { flowDatabases } from "../flows/federation.test-helper.ts";
import type { Exchange } from "../flows/http.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { type FlowServer, startFlowServer } from "../flows/server.test-helper.ts";

/** A share as whoever was sent it opens it. */
export interface DavShare {
  id: string;
  /** Its address, without a slash at the end. */
  url: string;
  /** The path of its address. */
  path: string;
  /** The shared secret. */
  secret: string;
  /** An access token for it. */
  token: string;
  /** `Bearer` and the token. */
  bearer: string;
  /** `Basic` with the secret as the user, as older servers send it. */
  basic: string;
  /** Where the shared file or folder lies on disk. */
  disk: string;
  /** The owner takes it back. */
  revoke(): Promise<void>;
}

/** One server with the plugin, its owner of shares, and the folder on disk that holds their files. */
export interface DavWorld {
  server: FlowServer;
  alice: Person;
  /** Where the owner's files lie. */
  home: string;
  traffic: Exchange[];
  /** Shares a file or folder with a peer that has no code flow, so that its secret opens it too; or, strict, with one that has. */
  share(
    path: string,
    more?: { strict?: boolean; permissions?: string[]; [option: string]: unknown },
  ): Promise<DavShare>;
  /** Ends all, and fails for what must hold of every flow: see `faultsIn`. */
  close(): Promise<void>;
}

/** Starts a server for one owner. `folder` is where its files go, made where it is not given. */
export async function davWorld(database = davDatabase(), folder?: string): Promise<DavWorld> {
  const place = folder ?? (await mkdtemp(join(tmpdir(), "koa-ocm-webdav-")));
  const clock = movedClock();
  const traffic: Exchange[] = [];
  const seen = (exchange: Exchange) => void traffic.push(exchange);
  const { url, drop } = await database.make();
  const server = await startFlowServer({ name: "alpha", database: url, folder: place, clock, seen }, {});
  const alice = await server.person({ id: "alice" });
  const home = join(place, Buffer.from(alice.id).toString("hex"));
  const peers = new Map<boolean, FakePeer>();
  const peerThat = async (strict: boolean) => {
    const known = peers.get(strict);
    if (known !== undefined) return known;
    const more = strict ? [] : ["http-sig", "notifications", "protocol-object"];
    const discovery = strict ? {} : { capabilities: more };
    const peer = await startFakePeer(strict ? "modern" : "older", clock, seen, discovery);
    peers.set(strict, peer);
    return peer;
  };

  return {
    server,
    alice,
    home,
    traffic,
    async share(path, { strict = false, permissions = ["read", "write"], ...more } = {}) {
      const peer = await peerThat(strict);
      const sent = await alice.share(path, `mallory@${peer.host}`, { permissions, ...more });
      if (sent.status !== "pending" || sent.strict !== strict)
        throw new Error(`It was sent as ${JSON.stringify(sent)}.`);
      const secret = peer.lastSecret();
      const token = await tokenFor(peer, server, secret);
      return {
        id: sent.id,
        url: `${server.origin}/ocm/dav/${sent.id}`,
        path: `/ocm/dav/${sent.id}`,
        secret,
        token,
        bearer: `Bearer ${token}`,
        basic: `Basic ${Buffer.from(`${secret}:`).toString("base64")}`,
        disk: join(home, path),
        revoke: async () => void (await alice.unshare(sent.id)),
      };
    },
    async close() {
      await Promise.all([...peers.values()].map((peer) => peer.close()));
      await server.close();
      await drop();
      if (folder === undefined) await rm(place, { recursive: true });
      const secrets = new Set([alice.account.password]);
      const told = new Map([[server.name, server.told]]);
      expect(faultsIn({ traffic, ours: new Set(told.keys()), told, secrets })).toEqual([]);
    },
  };
}

/** The database that the programs are tried on where it makes no difference. */
export function davDatabase(): Pick<ReturnType<typeof flowDatabases>[number], "make"> {
  const [first] = flowDatabases();
  if (first === undefined) throw new Error("There is no database.");
  return first;
}

/** A folder of the owner's, made where it is missing, so that it can be shared. */
export async function folderOf(world: DavWorld, name: string): Promise<string> {
  await mkdir(join(world.home, name), { recursive: true });
  return `/${name}`;
}

async function tokenFor(peer: FakePeer, server: FlowServer, code: string): Promise<string> {
  const form = { grant_type: "authorization_code", client_id: peer.host, code };
  const { status, json } = await peer.post(server, { path: "/ocm/token", form });
  if (status !== 200) throw new Error(`The token was refused: ${status} ${JSON.stringify(json)}`);
  return String(json.access_token);
}
