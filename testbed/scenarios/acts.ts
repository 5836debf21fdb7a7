import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { Refused } from "../http.ts";
import type { Role, RoleReceivedShare } from "../roles.ts";
import { sha256 } from "./demo-files.ts";
import type { Cast, Play } from "./stage.ts";
import { eventually, must } from "./steps.ts";

/** Milliseconds for what another server causes: a message that failed is repeated after 2, 4, 8, 16 and 32 seconds. */
const PATIENCE = 120_000;
/** Answers of one's own server that mean: the other one did not answer as it should. */
const NO_ANSWER = new Set([502, 503, 504]);
/** How often somebody tries again by hand, and the milliseconds before that. */
const TRIES = 12;
const BEFORE_TRY = 500;

/** One share as both sides have it. */
export interface Shared {
  /** Its identifier at the sender, and at the receiver. */
  sent: string;
  received: string;
  name: string;
}

/** Waits as long as deliveries under a fault may take. */
export const patiently = <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> =>
  eventually(what, ask, PATIENCE);

/**
 * Does what somebody in front of a screen does when the other server gave no answer: tries again. Only for what may be repeated.
 * @throws Error with the last reason
 */
export async function trying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || (error instanceof Refused && !NO_ANSWER.has(error.status))) throw error;
    }
    await delay(BEFORE_TRY);
  }
}

/** Step: the sender has a file with content that follows from the seed. Gives its path. */
export function fileMade({ step, sender, seed }: Play, name: string, content = contentOf(seed, name)): Promise<string> {
  return step("file made", async (say) => {
    await sender.putFile(`/${name}`, () => Readable.from([content]));
    say(`“${name}” is on ${sender.server.name}`);
    return `/${name}`;
  });
}

/** What is in a file of this name. */
export function contentOf(seed: string, name: string): Buffer<ArrayBuffer> {
  return Buffer.from(`“${name}” of the run ${seed}.\n`.repeat(200));
}

/** Steps: shared, and received as pending. */
export async function offered(play: Play, path: string, permissions = ["read"], expiresAt?: number): Promise<Shared> {
  const { step, sender, receiver } = play;
  const sent = await step("share created", async (say) => {
    const { id } = await sender.share(path, receiver.address, permissions, expiresAt);
    say(`${sender.address} shares “${path}” with ${receiver.address}`);
    return id;
  });
  const { id, name } = await step("share received", () => arrival(play, sent, path));
  return { sent, received: id, name };
}

/** Waits until the share is at the receiver and the sender knows it. It is there once. */
export async function arrival({ sender, receiver }: Cast, sent: string, path: string): Promise<RoleReceivedShare> {
  await patiently("the receiving server's answer", async () => {
    const { status, reason } = await sender.sent(sent);
    must(status !== "rejected", `It was rejected: ${reason?.message}`);
    return status === "pending" || undefined;
  });
  const found = (await receiver.received()).filter(({ name, sender: from }) => {
    return `/${name}` === path && from === sender.address;
  });
  const [share] = found;
  must(share !== undefined, "The receiving server took the share, and has it not.");
  must(found.length === 1, `It was received ${found.length} times.`);
  must(share.status === "pending", `It is ${share.status}.`);
  return share;
}

/** Steps: accepted, and the sender knows it. */
export async function accepted({ step, sender, receiver }: Play, share: Shared): Promise<void> {
  await step("share accepted", async (say) => {
    const { status } = await receiver.accept(share.received);
    must(status === "accepted", `It is ${status}.`);
    say(`by ${receiver.address}`);
  });
  await step("sender told", () => sentStatus(sender, share, "accepted"));
}

/** Waits until the sender's share has this status. */
export async function sentStatus(sender: Role, { sent }: Shared, wanted: string): Promise<void> {
  await patiently(
    `the sent share to be ${wanted}`,
    async () => (await sender.sent(sent)).status === wanted || undefined,
  );
}

/** Waits until the receiver's share has ended for this reason. */
export async function endedFor(receiver: Role, { received }: Shared, by: string): Promise<void> {
  await patiently(`the received share to be ended by ${by}`, async () => {
    const { status, endedBy } = await receiver.receivedShare(received);
    return (status === "ended" && endedBy === by) || undefined;
  });
}

/** Steps that most scenarios begin with: a file, shared and accepted. */
export async function sharedFile(play: Play, name: string, permissions = ["read"]): Promise<Shared> {
  const share = await offered(play, await fileMade(play, name), permissions);
  await accepted(play, share);
  return share;
}

/** Step: the receiver reads what the sender has. `isTooLate` tells after a failure whether there was nothing left to read. */
export function sameContent(
  { step, receiver }: Play,
  share: Shared,
  wanted: Uint8Array | string,
  { path = "", isTooLate }: { path?: string; isTooLate?: () => boolean } = {},
): Promise<void> {
  return step("read and compared", async (say) => {
    const expected = typeof wanted === "string" ? wanted : await sha256([wanted]);
    let got: string;
    try {
      got = await trying(async () => sha256(await receiver.read(share.received, path)));
    } catch (error) {
      if (isTooLate?.() !== true) throw error;
      return say("not in time");
    }
    must(got === expected, `The receiver reads something else: SHA-256 ${got}.`);
    say(`SHA-256 is the same on both sides: ${got.slice(0, 12)}…`);
  });
}

/**
 * Demands that the receiver gets nothing of the share any more, whatever may be between the servers. Until the receiver's server was told,
 * it may still list what it knew.
 */
export async function closed(receiver: Role, { received }: Shared, isTold = false): Promise<void> {
  const attempts = {
    reading: () => receiver.read(received, ""),
    writing: () => receiver.write(received, "", Buffer.from("late")),
    ...(isTold ? { listing: () => receiver.list(received, "") } : {}),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    const refusal = await attempt().then(
      () => undefined,
      (error: unknown) => error,
    );
    must(refusal !== undefined, `${what} worked, but it had to be refused.`);
    if (!(refusal instanceof Refused)) throw refusal;
  }
}
