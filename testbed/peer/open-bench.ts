import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "../faults/message.ts";
import { BadFlags } from "../launcher/words.ts";
import { type Credentials, createAuthority } from "../tls/authority.ts";
import { writeWhole } from "../write-file.ts";
import { type Bench, nothingFound } from "./bench.ts";
import { objectOf } from "./checks/answers.ts";
import { chosen } from "./checks/table.ts";
import type { PeerRequest } from "./flags.ts";
import { type Answer, createReach, isLoopbackName, NoAnswer, type Reach } from "./reach.ts";
import { startReference } from "./reference.ts";

/** Milliseconds between two attempts to find the peer up. */
const AGAIN_AFTER = 500;
/** Fields of discovery that name where other requests go. */
const PLACES = ["endPoint", "tokenEndPoint", "jwksUri"] as const;

/** What the run has to do with the person in front of it. */
export interface Audience {
  tell(line: string): void;
  /** The run is to end now. */
  isOver(): boolean;
}

/** A bench, and what its checks have said so far. */
export interface OpenBench {
  bench: Bench;
  said: Message[];
}

/**
 * Looks whether an OCM server is there, and starts ours.
 *
 * @throws BadFlags with one line where there is none, or it names addresses that the person has not
 * @throws NoAnswer
 */
export async function openBench(request: PeerRequest, audience: Audience): Promise<OpenBench> {
  const { peer, also, ca, allowPrivateAddresses, insecureHttp, only, signatures } = request;
  const tls = await credentialsOf(request);
  const { host, hostname } = new URL(peer);
  const said: Message[] = [];
  // What is said before there is a bench is no evidence for a check.
  const evidence: { bench: Bench | null } = { bench: null };
  const reach = createReach({
    origins: [peer, ...also],
    ca,
    allowPrivateAddresses,
    watch(message) {
      said.push(message);
      if (evidence.bench !== null) evidence.bench.last = message;
    },
  });
  const discovery = await discovered(reach, request, audience);
  const document = objectOf(discovery.json);
  refuseUnnamed(reach, document);
  const { as: origin, listen } = request;
  const reference = await startReference({
    peer,
    signatures,
    settings: {
      ...(ca === undefined ? {} : { ca }),
      allowInsecureHttp: insecureHttp,
      allowPrivateAddresses: allowPrivateAddresses || isLoopbackName(hostname),
      signatures,
    },
    place: {
      ...(origin === undefined ? {} : { origin }),
      ...portOf(origin, listen.port),
      ...(listen.host === undefined ? {} : { host: listen.host }),
      ...(tls === undefined ? {} : { tls }),
    },
  });
  const bench: Bench = {
    peer,
    host,
    reach,
    reference,
    recipient: request.user,
    invite: request.invite,
    waitMs: request.waitMs,
    isAskedFor: (name) => only !== null && chosen(only).some((check) => check.name === name),
    ...audience,
    discovery,
    document,
    found: nothingFound(),
    answers: () => said,
    last: null,
  };
  evidence.bench = bench;
  return { bench, said };
}

/** What ours shows of itself; undefined: it speaks plain http. */
async function credentialsOf({ as, credentials, writeCa }: PeerRequest): Promise<Credentials | undefined> {
  if (as === undefined || writeCa === undefined) return credentials;
  const { hostname } = new URL(as);
  if (/^[\d.]+$|^\[/.test(hostname))
    throw new BadFlags(`--write-ca makes certificates for names, and ${hostname} is none.`);
  const authority = await createAuthority();
  await writeWhole(writeCa, authority.certificate).catch(() => {
    throw new BadFlags(`--write-ca: ${writeCa} cannot be written.`);
  });
  return await authority.issue([hostname]);
}

function portOf(origin: string | undefined, listen: number | undefined): { port?: number } {
  if (listen !== undefined) return { port: listen };
  if (origin === undefined) return {};
  const { port, protocol } = new URL(origin);
  return { port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

/** The answer to the discovery request, of a server that may be one. */
async function discovered(reach: Reach, { peer, upWithinMs }: PeerRequest, { isOver }: Audience): Promise<Answer> {
  const url = `${peer}/.well-known/ocm`;
  const end = performance.now() + upWithinMs;
  for (;;) {
    const answer = await reach
      .send({ method: "GET", url, headers: { accept: "application/json", "user-agent": "koa-ocm" } })
      .catch((error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        return error;
      });
    const isUp = !(answer instanceof NoAnswer) && answer.status < 500;
    if (isUp) {
      const document = objectOf(answer.json);
      if (["endPoint", "resourceTypes", "apiVersion"].some((name) => document[name] !== undefined)) return answer;
      throw new BadFlags(`This is no OCM server: GET ${url} was answered with ${whatCame(answer)}.`);
    }
    if (performance.now() < end && !isOver()) await delay(AGAIN_AFTER);
    else if (answer instanceof NoAnswer) throw answer;
    else
      throw new BadFlags(
        `This is no OCM server, or it is not ready: GET ${url} was answered with ${whatCame(answer)}.`,
      );
  }
}

function whatCame({ status, headers, text, json }: Answer): string {
  const type = headers["content-type"]?.split(";")[0] ?? "no content type";
  const where = headers.location === undefined ? "" : ` to ${headers.location.slice(0, 200)}`;
  const start = text
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 60);
  const what = json === undefined ? "no JSON" : "JSON without endPoint, resourceTypes and apiVersion";
  return `${status}${where}, ${type}, ${what}${start === "" ? "" : `: ${start}`}`;
}

/** @throws BadFlags where discovery leads to an address that the person has not named */
function refuseUnnamed(reach: Reach, document: Record<string, unknown>): void {
  for (const name of PLACES) {
    const url = document[name];
    const origin = typeof url === "string" ? URL.parse(url)?.origin : undefined;
    if (origin === undefined || origin === "null" || reach.allows(String(url))) continue;
    throw new BadFlags(
      `Discovery names ${String(url).slice(0, 200)} as its ${name}: add --also ${origin} if that is yours.`,
    );
  }
}
