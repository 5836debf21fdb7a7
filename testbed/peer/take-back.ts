import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../faults/message.ts";
import { type Bench, endPointOf, isTaken, knowsSignatures, post } from "./bench.ts";

/** Milliseconds for our server to tell that its share is over. */
const PATIENCE = 15_000;
const LOOK_AFTER = 100;

/** What came of taking shares back. */
export interface TakenBack {
  answers: { status: number; text: string; message: Message | null }[];
  /** What the peer was not told, or did not accept the end of. */
  left: string[];
}

/** Tells the peer the end of every share that it took in this run. May be called again: what has ended is not told twice. */
export async function takeBack(bench: Bench): Promise<TakenBack> {
  const { found, reference } = bench;
  const answers: TakenBack["answers"] = [];
  const left: string[] = [];
  for (const [providerId, sharedSecret] of found.taken) {
    const body = {
      notificationType: "SHARE_UNSHARED",
      resourceType: "file",
      providerId,
      // Servers of before the signatures know the sharer by the secret.
      ...(knowsSignatures(bench) ? {} : { notification: { sharedSecret, message: "The share is over." } }),
    };
    const answer = await post(bench, { to: "notifications", body }).catch(() => null);
    if (answer !== null) answers.push({ ...answer, message: bench.last });
    if (answer === null || !isTaken(answer)) left.push(`share ${providerId}`);
  }
  found.taken.clear();
  if (found.sent !== null) {
    const id = found.sent;
    found.sent = null;
    const told = await unshared(bench, () => reference.role.unshare(id));
    if (told !== undefined) {
      answers.push({ status: told.status ?? 0, text: told.responseBody.toString("utf8"), message: told });
    }
    const isOver = told === undefined ? !found.isGoodShareTaken : isTaken({ status: told.status ?? 0 });
    if (!isOver) left.push(`share ${String(found.notice?.providerId ?? id)}`);
  }
  return { answers, left };
}

/** The answer to the notification that our server sends when its person ends a share. */
async function unshared(bench: Bench, end: () => Promise<unknown>): Promise<Message | undefined> {
  const url = `${endPointOf(bench)}/notifications`;
  const sent = async () =>
    (await bench.reference.outgoing()).filter((message) => {
      return message.url === url && message.requestBody.includes("SHARE_UNSHARED");
    });
  const before = (await sent()).length;
  await end();
  // A share that never arrived ends without a word.
  if (!bench.found.isGoodShareTaken) return undefined;
  const deadline = performance.now() + PATIENCE;
  while (performance.now() < deadline) {
    const answered = (await sent()).slice(before).find(({ status, ms }) => status !== null && ms !== null);
    if (answered !== undefined) return answered;
    await delay(LOOK_AFTER);
  }
  return undefined;
}
