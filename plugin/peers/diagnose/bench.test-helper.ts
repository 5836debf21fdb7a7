import { generateKeyPairSync } from "node:crypto";
import type http from "node:http";
import { onTestFinished } from "vitest";
import type { PeerOptions, TrustOptions } from "../../options.ts";
import type { PeerRecord } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import { publishedJwk } from "../../signing/jwk.ts";
import { openKeyring } from "../../signing/keyring.ts";
import { createSigner } from "../../signing/signer.ts";
import { memoryKeys } from "../../signing/signing.test-helper.ts";
import { machine } from "../../system/machine.ts";
import { serve, type TestCertificate } from "../../system/servers.test-helper.ts";
import { diagnosePeer } from "../diagnose.ts";
import { createPeerSettings } from "../peer-settings.ts";
import { listLogger } from "../peers.test-helper.ts";
import { createTrust } from "../trust.ts";
import type { Check, Finding } from "./finding.ts";

/** What a peer of the test answers, by path; a path that is not named answers 404. */
export type Answers = Record<string, http.RequestListener | object>;

export interface TestPeer {
  host: string;
  origin: string;
  answers: Answers;
  requests: string[];
}

/** A key as a good peer publishes it. */
export function goodKey(origin: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  return { ...publishedJwk(privateKey, origin) } as Record<string, string>;
}

/** A peer that does everything well; a test changes its answers. */
export async function goodPeer(options: { tls?: TestCertificate } = {}): Promise<TestPeer> {
  const answers: Answers = {};
  const server = await serve((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) return response.writeHead(404).end();
    if (typeof answer === "function") return answer(request, response);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }, options);
  onTestFinished(server.close);
  const host = `localhost:${server.port}`;
  const origin = `${options.tls === undefined ? "http" : "https"}://${host}`;
  answers["/.well-known/ocm"] = goodDocument(origin);
  answers["/ocm/jwks.json"] = { keys: [goodKey(origin)] };
  answers["/ocm/notifications"] = answer(400, { message: "RESOURCE_NOT_FOUND", code: "share-unknown" });
  return { host, origin, answers, requests: server.requests };
}

export function goodDocument(origin: string): Record<string, unknown> {
  const protocols = { webdav: "/dav/", "webdav-receive": { uri: "relative" } };
  return {
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: `${origin}/ocm`,
    provider: "Good",
    resourceTypes: ["file", "folder"].map((name) => ({ name, shareTypes: ["user"], protocols })),
    capabilities: ["exchange-token", "http-sig", "invites", "notifications"],
    criteria: ["must-use-http-sig"],
    tokenEndPoint: `${origin}/ocm/token`,
    jwksUri: `${origin}/ocm/jwks.json`,
  };
}

export function answer(status: number, body: object | string = "", headers: http.OutgoingHttpHeaders = {}) {
  const listener: http.RequestListener = (request, response) => {
    request.resume();
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  };
  return listener;
}

export interface BenchOptions {
  peers?: Record<string, PeerOptions>;
  trust?: TrustOptions;
  outboundProxy?: string;
  health?: Partial<PeerRecord>;
  lookup?: (hostname: string) => Promise<string[]>;
  system?: (real: System) => System;
}

const LAB: Record<string, PeerOptions> = { "localhost:*": { allowInsecureHttp: true, allowPrivateAddresses: true } };

/** This server, with documents of its own on a port, ready to look at peers. */
export async function bench(options: BenchOptions = {}) {
  const { lookup } = options;
  const base = machine(lookup === undefined ? {} : { lookup });
  onTestFinished(base.close);
  const system = options.system?.(base) ?? base;
  const documents: Answers = {};
  const server = await serve((request, response) => {
    const document = documents[request.url ?? ""];
    if (document === undefined) return response.writeHead(404).end();
    if (typeof document === "function") return document(request, response);
    response.end(JSON.stringify(document));
  });
  onTestFinished(server.close);
  const host = `localhost:${server.port}`;
  const origin = `http://${host}`;
  const keyring = await openKeyring({ store: memoryKeys(), system: base, origin });
  documents["/.well-known/ocm"] = goodDocument(origin);
  documents["/ocm/jwks.json"] = keyring.publicJwks();

  const settings = createPeerSettings(options.peers ?? LAB);
  const logger = listLogger();
  const dependencies = {
    system,
    signer: createSigner({ system: base, keyring }),
    trust: createTrust(options.trust, settings),
    settings,
    logger,
    outboundProxy: options.outboundProxy,
    health: async () => (options.health === undefined ? undefined : { ...NOTHING_KNOWN, ...options.health }),
    self: { host, endPoint: `${origin}/ocm`, activeKid: () => keyring.activeSigningKey().kid },
  };
  return {
    host,
    documents,
    keyring,
    logger,
    dependencies,
    requests: server.requests,
    async look(peer: string): Promise<Findings> {
      const list: Finding[] = [];
      for await (const finding of diagnosePeer(dependencies, peer)) list.push(finding);
      return findings(list);
    },
  };
}

export interface Findings {
  list: Finding[];
  of(check: Check): Finding;
  /** "check status" of each. */
  outline: string[];
}

function findings(list: Finding[]): Findings {
  return {
    list,
    outline: list.map(({ check, status }) => `${check} ${status}`),
    of(check) {
      const found = list.find((finding) => finding.check === check);
      if (found === undefined) throw new Error(`There is no finding on ${check}.`);
      return found;
    },
  };
}

const NOTHING_KNOWN: PeerRecord = {
  host: "",
  discovery: null,
  jwks: null,
  fetchedAt: null,
  failures: 0,
  unreachableSince: null,
  lastError: null,
  lastSeenAt: null,
  updatedAt: 0,
};
