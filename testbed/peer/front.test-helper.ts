import { mkdtemp, rm } from "node:fs/promises";
import { Agent, type IncomingMessage, request, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { castMember } from "../launcher/cast.ts";
import { configOf } from "../launcher/federation.ts";
import { startServer } from "../launcher/server-process.ts";
import type { StagedMessage } from "../launcher/staged.ts";
import { httpRole, type Role } from "../roles.ts";
import { closeServers, listen } from "../server/listen.ts";
import type { Credentials } from "../tls/authority.ts";

const STAGED = fileURLToPath(new URL("../launcher/staged-server.ts", import.meta.url));

/** A request that came to the front. */
export interface FrontRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  json: Record<string, unknown>;
}

export interface FrontAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: object | string;
}

/** What is wrong with the peer. */
export interface Defect {
  /** Changes the discovery document. */
  document?(document: Record<string, unknown>): unknown;
  /** Answers in the place of the server; undefined: the server answers. */
  answer?(request: FrontRequest): FrontAnswer | undefined;
}

/** A good server of ours as somebody's peer, with a front that can make it a bad one. */
export interface PeerServer {
  origin: string;
  role: Role;
  /** Replaced by tests. */
  defect: Defect;
  received: FrontRequest[];
  /** Stops listening and cuts all connections, as a process that dies. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export interface PeerServerOptions {
  tls?: Credentials;
  /** @default 0: any that is free */
  port?: number;
  /** Name in its origin. @default localhost */
  name?: string;
  /** What it knows of peers, as in the configuration of a server. */
  peers?: Record<string, object>;
}

export async function startPeerServer({
  tls,
  name = "localhost",
  peers,
  port: wanted = 0,
}: PeerServerOptions = {}): Promise<PeerServer> {
  const folder = await mkdtemp(join(tmpdir(), "peer-server-"));
  const agent = new Agent({ keepAlive: true });
  let behind = 0;
  const take = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const text = body.toString("utf8");
    const { method = "", url: path = "" } = req;
    const seen = { method, path, headers: req.headers, text, json: objectIn(text) };
    server.received.push(seen);
    const answer = server.defect.answer?.(seen);
    if (answer !== undefined) return send(res, answer);
    const passed = await forward(agent, behind, req, body);
    const { document } = server.defect;
    if (path === "/.well-known/ocm" && document !== undefined) {
      return send(res, { body: document(objectIn(passed.text)) as object });
    }
    res.writeHead(passed.status, passed.headers).end(passed.bytes);
  };
  const { servers, port } = await listen(wanted, (req, res) => void take(req, res).catch(() => res.destroy()), { tls });
  const origin = `${tls === undefined ? "http" : "https"}://${name}:${port}`;
  const member = castMember(1, port);
  const account = { ...member.account, address: `${member.account.username}@${name}:${port}` };
  const config = { ...configOf(member, folder), origin, ...(peers === undefined ? {} : { peers }) };
  const running = startServer({ ...config, dataDir: folder }, STAGED);
  const close = async (): Promise<void> => {
    await running.stop();
    agent.destroy();
    await closeServers(servers, 0);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  ({ port: behind } = await (running.ready as Promise<StagedMessage>));
  const entrance = `http://127.0.0.1:${behind}`;
  const server: PeerServer = {
    origin,
    role: httpRole({ name: "beta", origin, entrance: () => entrance }, account),
    defect: {},
    received: [],
    die: () => closeServers(servers, 0),
    close,
  };
  return server;
}

/** A web server that says the same to everybody. */
export async function startOther(
  answer: FrontAnswer,
  tls?: Credentials,
): Promise<{ port: number; close(): Promise<void> }> {
  const { servers, port } = await listen(0, (_req, res) => send(res, answer), { tls });
  return { port, close: () => closeServers(servers, 0) };
}

function send(res: ServerResponse, { status = 200, headers = {}, body = "" }: FrontAnswer): void {
  const isText = typeof body === "string";
  res.writeHead(status, { ...(isText ? {} : { "content-type": "application/json" }), ...headers });
  res.end(isText ? body : JSON.stringify(body));
}

interface Passed {
  status: number;
  headers: string[];
  bytes: Buffer;
  text: string;
}

function forward(agent: Agent, port: number, req: IncomingMessage, body: Buffer): Promise<Passed> {
  return new Promise((resolve, reject) => {
    const { method, url: path, rawHeaders } = req;
    const sent = request(
      { host: "127.0.0.1", port, agent, method, path, headers: rawHeaders, setHost: false },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const bytes = Buffer.concat(chunks);
          resolve({ status: answer.statusCode ?? 0, headers: answer.rawHeaders, bytes, text: bytes.toString("utf8") });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
