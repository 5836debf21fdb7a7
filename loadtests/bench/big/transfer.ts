import { type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** One long transfer, as the client saw it. */
export interface Transferred {
  bytes: number;
  seconds: number;
}

export interface TransferSetup {
  url: string;
  accessToken: string;
  bytesPerSecond: number;
}

/** Bytes written at once by an upload. */
const PIECE = 2 ** 16;
/** How far ahead of its rate a client may be before it waits, in milliseconds. */
const AHEAD_MS = 20;

/** Waits as long as so many bytes since the start are too many. */
function pacer(bytesPerSecond: number): (bytes: number) => Promise<void> | undefined {
  const start = performance.now();
  return (bytes) => {
    const ahead = (bytes / bytesPerSecond) * 1000 - (performance.now() - start);
    return ahead > AHEAD_MS ? delay(ahead) : undefined;
  };
}

/** Reads a file whole, no faster than the rate. @throws Error when it is refused or cut off */
export async function download({ url, accessToken, bytesPerSecond }: TransferSetup): Promise<Transferred> {
  const start = performance.now();
  const wait = pacer(bytesPerSecond);
  const sent = request(url, { headers: { authorization: `Bearer ${accessToken}` } });
  const answered = answerOf(sent);
  sent.end();
  const answer = await answered;
  if (answer.statusCode !== 200) throw new Error(`A download was answered with ${answer.statusCode}.`);
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    await wait(bytes);
  }
  return { bytes, seconds: (performance.now() - start) / 1000 };
}

/** Writes so many bytes, no faster than the rate. @throws Error when it is refused */
export async function upload({ size, ...setup }: TransferSetup & { size: number }): Promise<Transferred> {
  const start = performance.now();
  const wait = pacer(setup.bytesPerSecond);
  const headers = { authorization: `Bearer ${setup.accessToken}`, "content-length": size };
  const sending = request(setup.url, { method: "PUT", headers });
  const answered = answerOf(sending);
  const piece = Buffer.alloc(PIECE, "koa-ocm ");
  let bytes = 0;
  while (bytes < size) {
    const next = piece.subarray(0, Math.min(PIECE, size - bytes));
    bytes += next.length;
    if (!sending.write(next)) await Promise.race([new Promise((resolve) => sending.once("drain", resolve)), answered]);
    await wait(bytes);
  }
  sending.end();
  const { statusCode } = await answered;
  if (statusCode !== 201) throw new Error(`An upload was answered with ${statusCode}.`);
  return { bytes, seconds: (performance.now() - start) / 1000 };
}

function answerOf(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve).once("error", reject);
  });
}
