import { mkdir, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openSite, type Site } from "./site.ts";
import { countStatements } from "./statements.ts";

/** What is counted, by name. Equal code gives equal counts. */
export type Counts = Record<string, number>;

/** Large enough that no system keeps it whole in the buffers of a connection. */
const LARGE = 64 * 1024 * 1024;
/** What a memory is counted in: the length of a head changes nothing. */
const PIECE = 64 * 1024;
/** A download counts as held back when nothing more of its file was read for so many milliseconds. */
const STILL_MS = 300;
/** Whatever follows a decision is over by then. */
const SETTLED_MS = 300;

/**
 * Lets two servers of this process share, list and read, and counts what that took: no clock counts, so nothing but the code changes them.
 *
 * @param folder an empty folder on disk
 */
export async function count(folder: string): Promise<Counts> {
  const statements = countStatements();
  const files = join(folder, "files");
  await mkdir(join(files, "shared"), { recursive: true });
  await writeFile(join(files, "shared", "report.txt"), "A report.\n");
  await writeFile(join(files, "shared", "large.bin"), Buffer.alloc(LARGE));
  const owner = await openSite(files, `file:${join(folder, "owner.sqlite")}`);
  const receiver = await openSite(files, `file:${join(folder, "receiver.sqlite")}`);
  try {
    await shareOnce(owner, receiver, "user1");
    const before = statements();
    const sentBefore = owner.sent.length;
    const share = await shareOnce(owner, receiver, "user2");
    const after = statements();
    const requestsOfShare = owner.sent.length - sentBefore;
    const told = decision(owner, "share-accepted-by-recipient");
    await receiver.ocm.api.received.accept("user2", share);
    await told;
    const accepted = statements();

    const upstream = async (work: () => Promise<unknown>) => {
      const from = receiver.sent.length;
      await work();
      return receiver.sent.length - from;
    };
    const list = () => answered(`${receiver.origin}/ocm/api/v1/shares/received/${share}/entries`, "user2");
    return {
      "requests to send a share": requestsOfShare,
      "queries to send and receive a share": after.queries - before.queries,
      "commits to send and receive a share": after.commits - before.commits,
      "queries to accept a share and tell it": accepted.queries - after.queries,
      "upstream requests of a first listing": await upstream(list),
      "upstream requests of a listing that is known": await upstream(list),
      "64 KiB pieces in memory of a download that is held back": await heldBack(owner, receiver),
    };
  } finally {
    await Promise.all([owner.close(), receiver.close()]);
  }
}

/** The identifier that the share has at the receiver. */
async function shareOnce(owner: Site, receiver: Site, user: string): Promise<string> {
  const { status, reason } = await owner.ocm.api.sent.create("user0", {
    path: "/shared",
    shareWith: `${user}@${receiver.host}`,
  });
  if (status !== "pending") throw new Error(`The share is ${status}: ${reason?.message}`);
  const [share] = (await receiver.ocm.api.received.list(user, { limit: 10 })).items;
  if (share === undefined) throw new Error("The share has not arrived.");
  return share.id;
}

/** Resolves when the server has decided this, and all that it writes for it is written. */
async function decision(site: Site, wanted: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  site.ocm.events.on("decision", ({ name }) => {
    if (name === wanted) resolve();
  });
  await promise;
  await delay(SETTLED_MS);
}

async function answered(url: string, user: string): Promise<void> {
  const response = await fetch(url, { headers: { "x-user": user } });
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
}

/** How much of a file the owner's process holds while whoever asked for it reads nothing. */
async function heldBack(owner: Site, receiver: Site): Promise<number> {
  const propfind = receiver.sent.findLast((sent) => sent.startsWith("PROPFIND ")) ?? "";
  const path = `${propfind.slice("PROPFIND ".length).replace(/\/$/, "")}/large.bin`;
  const before = owner.bytesRead();
  const asking = request(`${owner.origin}${path}`, { headers: { authorization: receiver.shown() } });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once("response", resolve).once("error", reject).end();
  });
  if (answer.statusCode !== 200) throw new Error(`${path} was answered with ${answer.statusCode}.`);
  const { socket } = owner.answering();
  if (socket === null) throw new Error("The download has no connection.");
  try {
    for (let seen = -1; seen !== owner.bytesRead(); await delay(STILL_MS)) seen = owner.bytesRead();
    const handedOver = socket.bytesWritten - socket.writableLength;
    return Math.ceil((owner.bytesRead() - before - handedOver) / PIECE);
  } finally {
    asking.destroy();
  }
}
