import type { createServer, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { request } from "undici";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { Message } from "../faults/message.ts";
import { closeServers, listen } from "../server/listen.ts";
import { watchOutgoing } from "./outgoing.ts";

const messages = watchOutgoing();
const arrived: IncomingMessage[] = [];
let servers: ReturnType<typeof createServer>[];
let origin: string;

beforeAll(async () => {
  const listening = await listen(0, (req, res) => {
    arrived.push(req);
    req.resume().on("end", () => res.end("{}"));
  });
  ({ servers } = listening);
  origin = `http://127.0.0.1:${listening.port}`;
});

beforeEach(() => {
  arrived.length = 0;
  messages.length = 0;
});

afterAll(() => closeServers(servers, 0));

/** The headers as the server got them, and as they were noted. */
function both(): { there: string[]; noted: string[] } {
  const [req] = arrived;
  const [message] = messages;
  if (req === undefined || message === undefined) throw new Error("Nothing was sent.");
  const there = req.rawHeaders.flatMap((name, at, all) =>
    at % 2 === 0 ? [`${name.toLowerCase()}: ${all[at + 1]}`] : [],
  );
  return { there: there.sort(), noted: lines(message).sort() };
}

function lines({ requestHeaders }: Message): string[] {
  return requestHeaders.map(([name, value]) => `${name.toLowerCase()}: ${value}`);
}

async function post(body: string | Readable | null, headers: Record<string, string> = {}): Promise<void> {
  const answer = await request(`${origin}/ocm/shares`, { method: "POST", headers, body });
  await answer.body.dump();
}

it("a request is noted with all headers that were sent, also those that undici writes by itself", async () => {
  await post('{"a":1}', { "content-type": "application/json", "content-length": "7", date: "today" });
  const { there, noted } = both();
  expect(noted).toEqual(there);
  expect(noted).toContain("content-length: 7");
  expect(noted).toContain(`host: ${new URL(origin).host}`);
});

it("a length that only undici knows is noted", async () => {
  await post('{"a":12}');
  const { there, noted } = both();
  expect(there).toContain("content-length: 8");
  expect(noted).toEqual(there);
});

it("no length is noted where none was sent", async () => {
  const answer = await request(`${origin}/.well-known/ocm`, { headers: { accept: "application/json" } });
  await answer.body.dump();
  const { there, noted } = both();
  expect(noted).toEqual(there);
  expect(noted.join()).not.toContain("content-length");
});
