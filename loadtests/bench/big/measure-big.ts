import { execFileSync } from "node:child_process";
import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { rawRequest } from "../generator/raw-request.ts";
import { shareAt } from "../open-share.ts";
import type { OpenShare } from "../paths/path.ts";
import type { Peer } from "../peer.ts";
import type { Child, Children } from "../process/children.ts";
import type { OursCalls } from "../servers/ours.ts";
import { median } from "../statistics.ts";
import type { ClientCalls } from "./client.ts";
import type { BigReport, LongTransfer, SlowDownloads } from "./report.ts";
import type { Transferred } from "./transfer.ts";

const OURS = new URL("../servers/ours.ts", import.meta.url);
const CLIENT = new URL("./client.ts", import.meta.url);

export interface BigPlan {
  /** Where the server keeps what it keeps. */
  folder: string;
  /** Bytes of each long transfer, and the most that its client takes or gives in a second. */
  size: number;
  bytesPerSecond: number;
  /** Slow downloads. */
  readers: number;
  /** Seconds for which they are watched. */
  watched: number;
}

/** What `--only big` measures. */
export const BIG: Omit<BigPlan, "folder"> = {
  size: 4 * 2 ** 30,
  bytesPerSecond: 50 * 2 ** 20,
  readers: 10_000,
  watched: 20,
};

/** Descriptors besides those of the slow downloads. */
const OTHER_DESCRIPTORS = 200;
const SLOW_FILE = 2 ** 26;
const PROBES = 100;
/** So that what was used for the start and the warm-up is given back, and does not count as idle. */
const REST_MS = 5000;
const WARM_UP = 2 ** 27;
const PATIENCE_MS = 60_000;

interface Scene {
  server: Child<OursCalls>;
  client: Child<ClientCalls>;
  origin: string;
  share: OpenShare;
}

/** A server of its own, long transfers one after the other, then many slow ones at once. */
export async function measureBig(
  plan: BigPlan,
  { children, peer, progress }: { children: Children; peer: Peer; progress(line: string): void },
): Promise<BigReport> {
  const server = children.start<OursCalls>("big: the server under test", OURS);
  const client = children.start<ClientCalls>("big: the client", CLIENT);
  await mkdir(plan.folder, { recursive: true });
  const origin = await server.call("start", { folder: plan.folder });
  const files = join(plan.folder, "files");
  await makeFile(join(files, "large"), plan.size);
  await makeFile(join(files, "slow"), SLOW_FILE);
  await makeFile(join(files, "warm-up"), Math.min(WARM_UP, plan.size));
  await writeFile(join(files, "small"), "A small file.\n");
  const scene = { server, client, origin, share: await shareAt({ server, origin, peer }, "/", ["read", "write"]) };

  await download(scene, plan, "warm-up");
  await upload(scene, { ...plan, size: Math.min(WARM_UP, plan.size) }, "warmed-up");
  progress(`big: ${plan.size / 2 ** 30} GiB down`);
  const down = await watching(scene, () => download(scene, plan, "large"));
  progress(`big: ${plan.size / 2 ** 30} GiB up`);
  const up = await watching(scene, () => upload(scene, plan, "uploaded"));
  await Promise.all(["large", "uploaded"].map((name) => rm(join(files, name))));
  progress(`big: ${plan.readers} slow downloads`);
  const slow = await slowDownloads(scene, plan);
  await Promise.all([server.stop(), client.stop()]);
  return { down, up, slow };
}

/** A file without anything in it takes no space. */
async function makeFile(path: string, size: number): Promise<void> {
  const handle = await open(path, "wx");
  await handle.truncate(size);
  await handle.close();
}

function urlOf({ origin, share }: Scene, name: string): string {
  return `${origin}${share.path}/${name}`;
}

function setupOf(scene: Scene, { bytesPerSecond }: BigPlan, name: string) {
  return { url: urlOf(scene, name), accessToken: scene.share.accessToken, bytesPerSecond };
}

/** A transfer may take four times as long as its rate lets it. */
function patience({ size, bytesPerSecond }: BigPlan): number {
  return PATIENCE_MS + (4000 * size) / bytesPerSecond;
}

function download(scene: Scene, plan: BigPlan, name: string): Promise<Transferred> {
  return scene.client.call("download", setupOf(scene, plan, name), patience(plan));
}

function upload(scene: Scene, plan: BigPlan, name: string): Promise<Transferred> {
  return scene.client.call("upload", { ...setupOf(scene, plan, name), size: plan.size }, patience(plan));
}

/** What the server holds when it has nothing to do. */
async function idleMemory({ server }: Scene): Promise<number> {
  await delay(REST_MS);
  const { rss } = await server.call("held", null);
  await server.call("forgetPeak", null);
  return rss;
}

async function watching(scene: Scene, work: () => Promise<Transferred>): Promise<LongTransfer> {
  const idle = await idleMemory(scene);
  const transferred = await work();
  const { peak } = await scene.server.call("held", null);
  return { ...transferred, idle, peak, growth: peak - idle };
}

async function slowDownloads(scene: Scene, plan: BigPlan): Promise<SlowDownloads | { leftOut: string }> {
  const { readers: count, watched: seconds } = plan;
  const limit = descriptorLimit();
  const needed = count + OTHER_DESCRIPTORS;
  if (limit < needed) {
    return { leftOut: `a process may open ${limit} files here (ulimit -n), and ${needed} are needed.` };
  }
  const { client, server, origin, share } = scene;
  const idle = await idleMemory(scene);
  const request = rawRequest("GET", urlOf(scene, "slow"), { authorization: `Bearer ${share.accessToken}` });
  const port = Number(new URL(origin).port);
  await client.call("openSlow", { port, request, count }, PATIENCE_MS + count * 30);
  const reading = client.call("readSlow", { seconds }, PATIENCE_MS + seconds * 4000);
  const waits: number[] = [];
  for (let probe = 0; probe < PROBES; probe += 1) {
    waits.push(await probed(scene));
    await delay((seconds * 1000) / PROBES);
  }
  const alive = await reading;
  const { peak, descriptors } = await server.call("held", null);
  await client.call("closeSlow", null);
  const otherDescriptors = descriptors === null ? null : descriptors - alive;
  return { count, alive, idle, peak, otherDescriptors, p50: median(waits), longest: Math.max(...waits) };
}

/** How long a small file takes, in milliseconds. @throws Error when it is not the file */
async function probed(scene: Scene): Promise<number> {
  const start = performance.now();
  const headers = { authorization: `Bearer ${scene.share.accessToken}` };
  const answer = await fetch(urlOf(scene, "small"), { headers });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`A small file was answered with ${answer.status}: ${text}`);
  return performance.now() - start;
}

/** How many files a process may have open; as many as wanted where the shell does not tell. */
export function descriptorLimit(): number {
  try {
    return Number(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" })) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
