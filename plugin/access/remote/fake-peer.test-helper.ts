import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { escapeXml } from "../xml.ts";

/** A file, or a folder where it has no content. */
export interface FakeResource {
  content?: Buffer;
  etag: string;
  /** More properties, as XML. */
  more?: string;
}

/** The server of an owner, which counts. It is not this plugin's, so that both may be wrong in different ways. */
export interface FakePeer {
  origin: string;
  /** By path within the share; "" is the share. */
  tree: Map<string, FakeResource>;
  /** Every request as `METHOD path`, a PROPFIND with its depth: `PROPFIND 1 path`. */
  seen: string[];
  /** The fields of each of them. */
  fields: IncomingMessage["headers"][];
  /** Connections that were made. */
  connections: number;
  /** Does it evaluate If-None-Match in a PROPFIND? */
  conditional: boolean;
  /** Where the shares are. */
  prefix: string;
  /** Tokens that it has given out, and the one that it accepts; null: any credential. */
  tokens: number;
  accepted: string | null;
  /** Seconds. */
  tokenLife: number;
  /** Answers instead where it says so. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function startFakePeer(): Promise<FakePeer> {
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    const depth = method === "PROPFIND" ? `${headers.depth ?? "infinity"} ` : "";
    self.seen.push(`${method} ${depth}${url.startsWith(`${self.prefix}/`) ? pathOf(self, url) : url}`);
    self.fields.push(headers);
    if (self.instead(request, response)) return;
    if (url === "/ocm/token") return void giveToken(self, request, response);
    if (self.accepted !== null && headers.authorization !== `Bearer ${self.accepted}`) return end(response, 401);
    if (!url.startsWith(`${self.prefix}/`)) return end(response, 404);
    void serve(self, request, response);
  });
  server.on("connection", () => {
    self.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const self: FakePeer = {
    origin: `http://127.0.0.1:${port}`,
    tree: new Map([["", { etag: '"root"' }]]),
    seen: [],
    fields: [],
    connections: 0,
    conditional: true,
    prefix: "/ocm/dav/share-1",
    tokens: 0,
    accepted: null,
    tokenLife: 300,
    instead: () => false,
  };
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return self;
}

function pathOf({ prefix }: FakePeer, url: string): string {
  return decodeURIComponent(url.slice(prefix.length + 1)).replace(/\/$/, "");
}

async function serve(peer: FakePeer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(peer, request.url ?? "");
  const found = peer.tree.get(path);
  switch (request.method) {
    case "PROPFIND":
      if (found === undefined) return end(response, 404);
      if (peer.conditional && request.headers["if-none-match"] === found.etag) return end(response, 412);
      response.writeHead(207, { "content-type": "application/xml" });
      return void response.end(multistatus(peer, path, request.headers.depth === "1"));
    case "HEAD":
    case "GET":
      if (found?.content === undefined) return end(response, 404);
      response.writeHead(200, { etag: found.etag, "content-length": found.content.length });
      return void response.end(request.method === "GET" ? found.content : undefined);
    case "PUT": {
      const content = await buffer(request);
      if (request.headers["if-match"] !== undefined && request.headers["if-match"] !== found?.etag)
        return end(response, 412);
      const etag = `"${peer.seen.length}"`;
      peer.tree.set(path, { content, etag });
      response.writeHead(found === undefined ? 201 : 204, { etag });
      return void response.end();
    }
    case "DELETE":
      return end(response, peer.tree.delete(path) ? 204 : 404);
    case "MKCOL":
      peer.tree.set(path, { etag: '"new"' });
      return end(response, 201);
    default: {
      const to = pathOf(peer, new URL(String(request.headers.destination)).pathname);
      const existed = peer.tree.has(to);
      if (found === undefined) return end(response, 404);
      if (existed && request.headers.overwrite === "F") return end(response, 412);
      peer.tree.set(to, found);
      if (request.method === "MOVE") peer.tree.delete(path);
      return end(response, existed ? 204 : 201);
    }
  }
}

function multistatus(peer: FakePeer, path: string, deep: boolean): string {
  const inside = path === "" ? "" : `${path}/`;
  const children = [...peer.tree].filter(
    ([name]) => deep && name !== "" && name.startsWith(inside) && !name.slice(inside.length).includes("/"),
  );
  const self = peer.tree.get(path) ?? { etag: "" };
  const all = [[path, self] as const, ...children.filter(([name]) => name !== path)];
  const responses = all.map(([name, { content, etag, more = "" }]) => {
    const href = escapeXml(`${peer.prefix}/${name.split("/").map(encodeURIComponent).join("/")}`);
    const type = content === undefined ? "<d:resourcetype><d:collection/></d:resourcetype>" : "<d:resourcetype/>";
    const size = content === undefined ? "" : `<d:getcontentlength>${content.length}</d:getcontentlength>`;
    return `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${type}${size}<d:getetag>${escapeXml(etag)}</d:getetag>${more}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
  });
  return `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${responses.join("")}</d:multistatus>`;
}

async function giveToken(peer: FakePeer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await buffer(request);
  peer.tokens += 1;
  peer.accepted = `token-${peer.tokens}`;
  const grant = { access_token: peer.accepted, token_type: "Bearer", expires_in: peer.tokenLife };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(grant));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
