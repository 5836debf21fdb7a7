import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { signingOf } from "../bench/generator/signed-post.ts";
import { acceptedBody, shareBody, tokenBody } from "../k6/shared/bodies.ts";
import { iterationsOf, type ProfileName, signsBefore, times } from "../k6/shared/profiles.ts";
import type { PreparedRequest, World, WorldServer, WorldShare } from "../k6/shared/world.ts";
import { type Ask, createAsk, each } from "./ask.ts";
import { extentOf, type Material, type ScriptName, scriptOf } from "./catalogue.ts";
import { createFiles } from "./files.ts";
import type { LoadPeer } from "./peer-identity.ts";
import { preparedPost } from "./sign.ts";
import type { Target } from "./target.ts";

/** Signed requests from one host within ten seconds are limited: several share the work, as in the world. */
const PEERS = 8;
const DEAD_HOSTS = 20;
const AT_ONCE = 16;
const SIGNED_AT_ONCE = 64;
/** Shares whose secrets are exchanged, over and over. */
const SHARES_FOR_TOKENS = { smoke: 16, else: 200 };
const LONGEST_ARRIVAL_MS = 30_000;
const ARRIVAL_LOOK_MS = 100;
/** Each notification is for a share of its own, up to so many; then it tells again what is known. */
const MOST_SHARES_TO_ACCEPT = 5000;

export interface Preparation {
  name: ScriptName;
  profile: ProfileName;
  times: number;
  shorten: number;
  size?: number | undefined;
  target: Target;
  /** Where the files go that the script reads. */
  folder: string;
}

/** What was made for a script, and is ended after it. */
export interface Prepared {
  requests: number;
  close(): Promise<void>;
}

/** Makes what a script finds ready. @throws BadFlags when the target cannot give it */
export async function prepare({
  name,
  profile,
  times: factor,
  shorten,
  size,
  target,
  folder,
}: Preparation): Promise<Prepared> {
  const { servers, accounts, material } = scriptOf(name);
  if (target.servers.length < servers)
    throw new BadFlags(`${name} needs ${servers} servers; ${target.name} has ${target.servers.length}.`);
  if (accounts && target.servers[0]?.username === "") {
    throw new BadFlags(`${name} needs accounts, and ${target.name} has none here; see --servers.`);
  }
  const started: { close(): Promise<void> }[] = [];
  const ask = createAsk(target);
  const close = async (): Promise<void> => {
    await ask.close();
    await Promise.all(started.map((peers) => peers.close()));
  };
  try {
    const extent = extentOf(name, profile, size);
    const world: World = {
      run: randomBytes(6).toString("hex"),
      servers: target.servers.slice(0, servers),
      peers: [],
      recipients: target.recipients,
      shares: {},
      ...extent,
      hosts: target.hosts ?? {},
      deadHosts: [],
      names: [],
    };
    const peersFor = async (count: number): Promise<LoadPeer[]> => {
      if (target.peers === null) {
        throw new BadFlags(`${name} needs other servers that ${target.name} trusts; see "peers" in docs/loadtests.md.`);
      }
      const peers = await target.peers.start(count);
      started.push(peers);
      world.peers = peers.all.map((peer) => peer.world);
      return peers.all;
    };
    const requests = await fill(material, { world, profile, factor, shorten, ask, target, peersFor, started });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "world.json"), JSON.stringify(world));
    await writeFile(join(folder, "requests.json"), JSON.stringify(requests));
    return { requests: requests.length, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Work {
  world: World;
  profile: ProfileName;
  factor: number;
  shorten: number;
  ask: Ask;
  target: Target;
  peersFor(count: number): Promise<LoadPeer[]>;
  started: { close(): Promise<void> }[];
}

/** Puts into the world what the script needs. @returns the requests that are signed before the run */
async function fill(material: Material, work: Work): Promise<PreparedRequest[]> {
  const { world, target, ask, peersFor } = work;
  const [server] = world.servers;
  if (server === undefined) throw new Error("There is no server.");
  const files = createFiles(target, server, ask);
  const name = `load-${world.run}`;
  switch (material.kind) {
    case "none":
      return [];
    case "peers":
      await peersFor(PEERS);
      return [];
    case "recipients":
      if (world.recipients < world.count) throw new BadFlags(`${target.name} has no ${world.count} recipients.`);
      return [];
    case "signed":
      return signedRequests(material, server, work);
    case "received":
      await receive(server, work);
      return [];
    case "dead": {
      if (target.peers === null) throw new BadFlags(`${target.name} trusts no servers that could be dead.`);
      const dead = await target.peers.startDead(DEAD_HOSTS);
      work.started.push(dead);
      world.deadHosts = dead.hosts;
      return [];
    }
    case "folder":
      await files.folder(name, world.size);
      break;
    case "file":
      await files.file(name, world.size);
      break;
    case "writable":
      await files.folder(name, 1);
      break;
    case "tree":
      await files.tree(name);
      break;
  }
  const [peer] = await peersFor(1);
  if (peer !== undefined)
    world.shares[material.kind] = await opened(server, name, material.kind === "writable", peer, ask);
  return [];
}

/** Shares something with somebody at the peer, who exchanges the secret for an access token. */
async function opened(
  server: WorldServer,
  name: string,
  isWritable: boolean,
  peer: LoadPeer,
  ask: Ask,
): Promise<WorldShare> {
  const permissions = isWritable ? ["read", "write"] : ["read"];
  const share = await shared(server, `/${name}`, "reader", peer, permissions, ask);
  const { url, headers, body } = await preparedPost(
    {
      url: `${server.origin}/ocm/token`,
      mediaType: "application/x-www-form-urlencoded",
      body: tokenBody(peer.identity.host, share.sharedSecret),
    },
    signingOf(peer.identity),
  );
  const { access_token: accessToken } = (await ask.post(url, headers, body)) as { access_token: string };
  return { url: new URL(share.uri, `${server.origin}/ocm/dav/`).href.replace(/\/$/, ""), accessToken };
}

/** Shares something with a person at a peer, and waits until the peer has it. */
async function shared(
  server: WorldServer,
  path: string,
  person: string,
  peer: LoadPeer,
  permissions: string[],
  ask: Ask,
) {
  const body = { path, shareWith: `${person}@${peer.identity.host}`, permissions };
  const sent = (await ask.as(server, "POST", "/ocm/api/v1/shares/sent", body)) as { status: string };
  // The server answers without the peer's verdict where that takes long.
  const patience = performance.now() + LONGEST_ARRIVAL_MS;
  let arrived = await peer.share(person);
  while (arrived === null && performance.now() < patience) {
    await sleep(ARRIVAL_LOOK_MS);
    arrived = await peer.share(person);
  }
  if (arrived === null) throw new Error(`A share with ${body.shareWith} is ${sent.status} and did not arrive.`);
  return arrived;
}

async function signedRequests(
  { what, load }: Extract<Material, { kind: "signed" }>,
  server: WorldServer,
  { world, profile, factor, shorten, ask, peersFor }: Work,
): Promise<PreparedRequest[]> {
  const peers = await peersFor(PEERS);
  const iterations = iterationsOf(profile, times(load, factor), shorten);
  const receiver = server.address.split("@").at(-1) ?? "";
  const count =
    what === "token"
      ? SHARES_FOR_TOKENS[profile === "smoke" ? "smoke" : "else"]
      : Math.min(iterations, MOST_SHARES_TO_ACCEPT);
  if (what !== "share-intake") {
    await ask.put(server, `/load-${world.run}.txt`, "A file.\n");
    const numbers = Array.from({ length: count }, (_, number) => number);
    world.names = await each(numbers, AT_ONCE, async (number) => {
      const at = number % peers.length;
      const peer = peers[at] as LoadPeer;
      const path = `/load-${world.run}.txt`;
      const share = await shared(server, path, `reader${number}-${world.run}`, peer, ["read"], ask);
      return { peer: at, name: what === "token" ? share.sharedSecret : share.providerId };
    });
  }
  if (!signsBefore(profile)) return [];

  // Signed last, and at once before the run: signatures are fresh for 300 seconds.
  const signings = peers.map(({ identity }) => signingOf(identity));
  const numbers = Array.from({ length: iterations }, (_, number) => number);
  return each(numbers, SIGNED_AT_ONCE, (number) => {
    const entry = world.names[number % Math.max(1, world.names.length)];
    const at = entry?.peer ?? number % peers.length;
    const { identity } = peers[at] as LoadPeer;
    const signing = signings[at] as (typeof signings)[number];
    const nonce = String(number);
    if (what === "token") {
      const body = tokenBody(identity.host, entry?.name ?? "");
      const mediaType = "application/x-www-form-urlencoded";
      return preparedPost({ url: `${server.origin}/ocm/token`, mediaType, body, nonce }, signing);
    }
    const { run, recipients } = world;
    const [path, body] =
      what === "notifications"
        ? ["notifications", acceptedBody(entry?.name ?? "")]
        : ["shares", shareBody(number, { run, sender: identity.host, receiver, recipients })];
    return preparedPost({ url: `${server.origin}/ocm/${path}`, mediaType: "application/json", body, nonce }, signing);
  });
}

/** Lets the person who looks at lists be given shares. */
async function receive({ lister, address, origin }: WorldServer, { world, ask, peersFor }: Work): Promise<void> {
  if (lister === undefined) throw new BadFlags("This needs somebody whose lists are empty: the lister of a server.");
  const peers = await peersFor(PEERS);
  const receiver = address.split("@").at(-1) ?? "";
  const numbers = Array.from({ length: world.count }, (_, number) => number);
  await each(numbers, AT_ONCE, async (number) => {
    const { identity } = peers[number % peers.length] as LoadPeer;
    const body = shareBody(number, { run: world.run, sender: identity.host, receiver, recipients: 1 });
    const own = body.replace('"recipient0@', `"${lister.username}@`);
    const post = { url: `${origin}/ocm/shares`, mediaType: "application/json", body: own };
    const { url, headers } = await preparedPost(post, signingOf(identity));
    await ask.post(url, headers, own);
  });
}
