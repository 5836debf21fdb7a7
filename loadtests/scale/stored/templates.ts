import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { signedPost } from "../../bench/generator/signed-post.ts";
import { notice } from "../../bench/paths/share-intake.ts";
import { ask, askRaw } from "../ask.ts";
import { createSigners } from "../players.ts";
import { PEERS } from "./facts.ts";
import type { Stored } from "./rows.ts";

/** How many of each kind, so that the stored shares are of different files. */
const SENT = {
  accepted: { files: 20, folders: 10 },
  pending: { files: 10, folders: 5 },
  revoked: { files: 5, folders: 2 },
};
type Ending = keyof typeof SENT;
const ENDINGS = Object.keys(SENT) as Ending[];
const RECEIVED_OF_EACH = 3;
const FOLDERS = 20;
const FILES_OF_EACH = 5;
const USER = { "x-user": "user0" };
const JSON_USER = { ...USER, "content-type": "application/json" };
/** Requests that are under way at a time. */
const TOGETHER = 16;
const PAUSE_MS = 50;
const LOOKS = 600;

interface View {
  id: string;
  status: string;
  deliveries: readonly unknown[];
}

/**
 * Lets a server that is new come to shares in every state by its own endpoints, and know all peers. Their rows are the templates of
 * all others.
 * @throws Error when an answer is not the right one
 */
export async function writeTemplates(origin: string, folder: string, stored: Stored): Promise<void> {
  const { players, host, receivedSecret } = stored;
  const signerOf = createSigners(players);
  const api = `${origin}/ocm/api/v1/shares`;
  const post = async (path: string, peer: number, body: object) => {
    const message = { url: `${origin}/ocm${path}`, mediaType: "application/json", body: JSON.stringify(body) };
    await askRaw(origin, await signedPost(message, signerOf(peer)), 201);
  };
  const listed = async (which: "sent" | "received") => {
    const { items } = JSON.parse(await ask(`${api}/${which}?limit=1000`, 200, { headers: USER }));
    return items as View[];
  };
  /** Waits until nothing has to be told to anybody any more. */
  const settled = async (which: "sent" | "received") => {
    for (let look = 0; look < LOOKS; look += 1) {
      const views = await listed(which);
      if (views.every(({ status, deliveries }) => status !== "announcing" && deliveries.length === 0)) return;
      await delay(PAUSE_MS);
    }
    throw new Error("The templates did not settle: the server could not tell its peers.");
  };

  await makeFiles(folder);
  await together(
    Array.from({ length: PEERS }, (_, peer) => peer),
    async (peer) => {
      const share = notice(peer, host, signerOf(peer).host, 0);
      share.protocol.webdav.sharedSecret = receivedSecret;
      await post("/shares", peer, share);
    },
  );
  const received = await listed("received");
  for (const [place, decision] of ["accept", "decline"].entries()) {
    const some = received.slice(place * RECEIVED_OF_EACH, (place + 1) * RECEIVED_OF_EACH);
    await together(some, ({ id }) => ask(`${api}/received/${id}/${decision}`, 200, { method: "POST", headers: USER }));
  }

  const fates = new Map<string, Ending>();
  const { host: receiver } = signerOf(0);
  const wanted = ENDINGS.flatMap((fate) => {
    const { files, folders } = SENT[fate];
    return [...somePaths(files, fileAt), ...somePaths(folders, folderAt)].map((path) => ({ fate, path }));
  });
  await together(wanted, async ({ fate, path }) => {
    const body = JSON.stringify({ path, shareWith: `somebody@${receiver}` });
    const answer = await fetch(`${api}/sent`, { method: "POST", headers: JSON_USER, body });
    if (!answer.ok) throw new Error(`A new share was answered with ${answer.status}: ${await answer.text()}`);
    const { id } = (await answer.json()) as View;
    fates.set(id, fate);
  });
  await settled("sent");
  await together([...fates], async ([id, fate]) => {
    if (fate === "accepted") {
      const body = { notificationType: "SHARE_ACCEPTED", resourceType: "file", providerId: id, notification: {} };
      await post("/notifications", 0, body);
    } else if (fate === "revoked") {
      await ask(`${api}/sent/${id}`, 200, { method: "DELETE", headers: USER });
    }
  });
  await settled("sent");
  await settled("received");
}

async function together<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < items.length; first += TOGETHER) {
    await Promise.all(items.slice(first, first + TOGETHER).map(work));
  }
}

async function makeFiles(folder: string): Promise<void> {
  for (let number = 0; number < FOLDERS; number += 1) {
    await mkdir(join(folder, folderAt(number)), { recursive: true });
    for (let file = 0; file < FILES_OF_EACH; file += 1) {
      await writeFile(join(folder, fileAt(number + file * FOLDERS)), `The minutes of meeting ${file}.\n`);
    }
  }
}

function somePaths(count: number, at: (number: number) => string): string[] {
  return Array.from({ length: count }, (_, number) => at(number));
}

function folderAt(number: number): string {
  return `/Folder ${number % FOLDERS}`;
}

function fileAt(number: number): string {
  return `${folderAt(number)}/Minutes ${Math.floor(number / FOLDERS)}.txt`;
}
