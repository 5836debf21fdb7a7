import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { documentsOf } from "../bench/peer.ts";
import { serveCalls } from "../bench/process/calls.ts";
import { identityOf, numberOf, type Players, publicPart } from "./players.ts";

const JSON_TYPE = { "content-type": "application/json" };

let players: Players | undefined;
/** By number, made before anything is measured. */
const publicParts: string[] = [];
let documents = 0;

const calls = {
  /** Listens on loopback for all of them. @returns the port */
  async start({ seed }: { seed: string }): Promise<number> {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.writeHead(500).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    players = { seed, port };
    return port;
  },

  /** Makes the keys of all up to this number. */
  prepare(count: number): void {
    if (players === undefined) throw new Error("The peers have not been started.");
    for (let number = publicParts.length; number < count; number += 1) publicParts.push(publicPart(players, number));
  },

  /** How many documents were fetched since this was asked last. */
  documents(_nothing: null): number {
    const fetched = documents;
    documents = 0;
    return fetched;
  },
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "", headers } = request;
  const { host = "" } = headers;
  if (method === "GET") {
    const document = documentAt(host, url);
    if (document === undefined) return void response.writeHead(404).end();
    documents += 1;
    response.writeHead(200, JSON_TYPE).end(document);
  } else if (method === "POST" && url === "/ocm/shares") {
    await text(request);
    response.writeHead(201, JSON_TYPE).end('{"recipientDisplayName":"A person"}');
  } else if (method === "POST" && url === "/ocm/notifications") {
    await text(request);
    response.writeHead(201, JSON_TYPE).end("{}");
  } else {
    response.writeHead(404).end();
  }
}

function documentAt(host: string, path: string): string | undefined {
  const number = numberOf(host);
  const x = publicParts[number ?? -1];
  if (players === undefined || number === undefined || x === undefined) return undefined;
  return documentsOf(identityOf(players, number, x)).get(path);
}

export type PlayersCalls = typeof calls;

serveCalls(calls);
