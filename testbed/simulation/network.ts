import type { RequestListener } from "node:http";
import { Readable } from "node:stream";
import { TransportError, type TransportRequest, type TransportResponse } from "../../plugin/index.ts";
import { kindOf } from "../faults/message.ts";
import type { FaultPlan, Harm } from "../faults/network.ts";
import { broken, endless, slowly } from "./bodies.ts";
import type { VirtualClock } from "./clock.ts";
import { type Answered, type Exchange, exchange } from "./exchange.ts";
import { type Dice, dice } from "./random.ts";

/** One request between servers, from its begin to its end. The same object changes until `status` or `failed` is set. */
export interface Passing {
  from: string;
  to: string;
  kind: string;
  method: string;
  path: string;
  /** When it began. */
  at: number;
  /** When the server for which it was had answered; null: it has not. */
  answeredAt: number | null;
  /** Null: there is no answer. */
  status: number | null;
  /** For what goes over the wire beside the body. */
  headers: Readonly<Record<string, string>>;
  harm: string | null;
}

/** Whoever wants to know what goes on between servers. */
export interface NetworkWatch {
  begun(passing: Passing): void;
  /** Bytes on the wire, of head or body, in the direction of the request or back. */
  bytes(passing: Passing, count: number, isAnswer: boolean): void;
  /** The head of the answer has come back, or there is none. */
  ended(passing: Passing, failed: boolean): void;
  /** The server itself has answered, whatever becomes of the answer on its way. */
  answered(passing: Passing): void;
}

/** All that is between the servers of a simulation. */
export interface Network {
  /** From now on requests to this host arrive here; null: connections to it are refused. */
  connect(host: string, listener: RequestListener | null): void;
  fetch(from: string, request: TransportRequest): Promise<TransportResponse>;
  resolve(hostname: string): Promise<string[]>;
  /** What is done to requests from now on; null: nothing. */
  suffer(plan: FaultPlan | null): void;
  /** From now on nothing gets from one of these sides to another; null: everything does. A host without a side reaches all. */
  divide(side: ((host: string) => number | null) | null): void;
  /** Cuts whatever is under way from and to a host. */
  sever(host: string): void;
}

export interface NetworkOptions {
  clock: VirtualClock;
  seed: string;
  watch: NetworkWatch;
}

/** Milliseconds from one server to another: the distance of two, and what each message takes beyond that. */
const NEAREST = 4;
const FURTHEST = 60;
const JITTER = 6;
/** Milliseconds between a message and its second copy. */
const COPY_AFTER = 150;
const BUFFERED_BYTES = 1024 * 1024;

interface Host {
  address: string;
  listener: RequestListener | null;
  under: Set<Exchange>;
}

/** A network of memory in virtual time. Distances, jitter and faults follow from the seed. */
export function createNetwork({ clock, seed, watch }: NetworkOptions): Network {
  const hosts = new Map<string, Host>();
  const distances = new Map<string, number>();
  const jitter: Dice = dice(seed, "network jitter");
  let plan: FaultPlan | null = null;
  let sideOf: ((host: string) => number | null) | null = null;
  let passed = 0;
  let holding = new Set<() => void>();

  function known(host: string): Host {
    let found = hosts.get(host);
    if (found === undefined) {
      found = { address: publicAddress(hosts.size), listener: null, under: new Set() };
      hosts.set(host, found);
    }
    return found;
  }

  /** Milliseconds of one way, now. */
  function way(one: string, other: string): number {
    const key = one < other ? `${one} ${other}` : `${other} ${one}`;
    let distance = distances.get(key);
    if (distance === undefined) {
      distance = one === other ? 0 : NEAREST + dice(seed, `distance ${key}`).next() * (FURTHEST - NEAREST);
      distances.set(key, distance);
    }
    return distance + jitter.next() * JITTER;
  }

  function isDivided(one: string, other: string): boolean {
    if (sideOf === null) return false;
    const [here, there] = [sideOf(one), sideOf(other)];
    return here !== null && there !== null && here !== there;
  }

  async function fetch(from: string, request: TransportRequest): Promise<TransportResponse> {
    const url = URL.parse(request.url);
    if (url === null) throw new TransportError("bad-url", "This is not a URL.");
    const { host } = url;
    const { signal } = request;
    if (signal?.aborted) throw brokenOff(host, signal);
    const target = hosts.get(host);
    if (target === undefined) throw new TransportError("dns", `The name of ${host} cannot be resolved.`);
    const refusal = request.connect.refuse(target.address);
    if (refusal !== null) {
      throw new TransportError("address-refused", `${host} has the address ${target.address}, ${refusal}.`);
    }
    const path = url.pathname + url.search;
    const passing: Passing = {
      from,
      to: host,
      kind: kindOf(request.method, path),
      method: request.method,
      path,
      at: clock.now(),
      answeredAt: null,
      status: null,
      headers: { ...request.headers, host, "accept-encoding": "identity" },
      harm: null,
    };
    watch.begun(passing);
    const over = new AbortController();
    let cut = (): void => undefined;
    const limit = Promise.withResolvers<never>();
    limit.promise.catch(() => undefined);
    const giveUp = (error: TransportError): void => {
      limit.reject(error);
      over.abort();
      cut();
    };
    const aborted = () => giveUp(brokenOff(host, signal));
    signal?.addEventListener("abort", aborted);
    const calledOff = clock.at(clock.now() + request.headersTimeout + request.connect.timeout, () =>
      giveUp(new TransportError("timeout", `${host} took the request but did not answer in time.`)),
    );
    try {
      const going = pass(passing, target, request, over.signal, (how) => {
        cut = how;
      });
      going.catch(() => undefined);
      const response = await Promise.race([going, limit.promise]);
      watch.ended(passing, response.status >= 400);
      // The reader may still give up, and then the server has to know.
      response.body.once("close", () => signal?.removeEventListener("abort", aborted));
      return response;
    } catch (error) {
      signal?.removeEventListener("abort", aborted);
      watch.ended(passing, true);
      throw error;
    } finally {
      calledOff();
    }
  }

  async function pass(
    passing: Passing,
    target: Host,
    request: TransportRequest,
    signal: AbortSignal,
    cutWith: (cut: () => void) => void,
  ): Promise<TransportResponse> {
    const { from, to } = passing;
    const body = await bufferedBody(request.body);
    const harm = plan?.(to, passing.kind);
    passing.harm = harm?.name ?? null;
    await clock.sleep(way(from, to) + (harm?.delayMs ?? 0), signal);
    if (harm?.letPassMs !== undefined) await another(harm.letPassMs);
    passed += 1;
    for (const go of holding) go();
    if (isDivided(from, to)) return silence(to, signal);
    const { listener } = target;
    if (listener === null) throw new TransportError("connect", `${to} refused the connection.`);
    countHead(passing);
    if (harm?.lost === "cut") throw new TransportError("reset", `${to} broke the connection off.`);
    if (harm?.lost !== undefined) return gateway(harm.lost);
    if (signal.aborted) throw new TransportError("aborted", `The request to ${to} was broken off here.`);
    if (harm?.twice === "at-once") repeat(passing, listener, body, 0);
    const running = begin(passing, target, listener, body);
    cutWith(running.cut);
    const answered = await running.answered;
    passing.answeredAt = clock.now();
    passing.status = answered.status;
    watch.answered(passing);
    if (harm?.twice === "later") repeat(passing, listener, body, COPY_AFTER);
    await clock.sleep(way(to, from), signal);
    if (isDivided(from, to)) return silence(to, signal);
    return returned(passing, answered, harm);
  }

  function begin(
    passing: Passing,
    target: Host,
    listener: RequestListener,
    body: Uint8Array | Readable | null,
  ): Exchange {
    const { method, path, headers } = passing;
    const count = (bytes: number, isAnswer: boolean): void => watch.bytes(passing, bytes, isAnswer);
    const running = exchange(
      listener,
      { method, path, headers, body, count },
      () => new TransportError("reset", `${passing.to} broke the connection off.`),
    );
    const ends = [target, known(passing.from)];
    for (const { under } of ends) under.add(running);
    const done = (): void => {
      for (const { under } of ends) under.delete(running);
    };
    running.answered.then(({ body: content }) => content.once("close", done), done);
    return running;
  }

  function returned(passing: Passing, { status, headers, headBytes, body }: Answered, harm: Harm | undefined) {
    watch.bytes(passing, headBytes, true);
    const how = harm?.answer;
    if (typeof how === "number") {
      body.destroy();
      passing.status = how;
      return gateway(how);
    }
    let content = body;
    if (how === "cut") content = broken(body, passing.to);
    else if (how === "slow") content = slowly(body, clock);
    else if (how === "endless" && passing.method !== "GET") content = endless(body, clock);
    return { status, headers, body: content };
  }

  /** The second copy of a message; nobody waits for its answer. */
  function repeat(
    passing: Passing,
    listener: RequestListener,
    body: Uint8Array | Readable | null,
    after: number,
  ): void {
    if (body instanceof Readable) return;
    const { method, path, headers } = passing;
    clock.at(clock.now() + after, () => {
      const copy = exchange(listener, { method, path, headers, body }, () => new Error("cut"));
      copy.answered.then(
        (answer) => answer.body.resume(),
        () => undefined,
      );
    });
  }

  /** Nothing comes back, until whoever asked has waited long enough. */
  async function silence(to: string, signal: AbortSignal): Promise<never> {
    await clock.sleep(Number.MAX_SAFE_INTEGER / 2 - clock.now(), signal);
    throw new TransportError("timeout", `No connection to ${to} could be made in time.`);
  }

  /** Resolves when another request has gone by, or after this time. */
  async function another(longestMs: number): Promise<void> {
    const before = passed;
    const over = new AbortController();
    const go = (): void => {
      if (passed > before) over.abort();
    };
    holding.add(go);
    await clock.sleep(longestMs, over.signal);
    holding.delete(go);
  }

  function countHead(passing: Passing): void {
    let head = `${passing.method} ${passing.path} HTTP/1.1\r\n\r\n`.length;
    for (const [name, value] of Object.entries(passing.headers)) head += name.length + value.length + 4;
    watch.bytes(passing, head, false);
  }

  return {
    fetch,
    connect(host, listener) {
      known(host).listener = listener;
    },
    async resolve(hostname) {
      const found = hosts.get(hostname);
      if (found === undefined) throw new TransportError("dns", `The name of ${hostname} cannot be resolved.`);
      return [found.address];
    },
    suffer(next) {
      plan = next;
      if (next === null) {
        for (const go of holding) go();
        holding = new Set();
      }
    },
    divide(side) {
      sideOf = side;
    },
    sever(host) {
      for (const running of [...known(host).under]) running.cut();
    },
  };
}

/** A gateway speaks in the place of the server. */
function gateway(status: number): TransportResponse {
  const headers = { "content-type": "text/plain" };
  return { status, headers, body: Readable.from([Buffer.from("The gateway has no answer.\n")]) };
}

/** Addresses that no filter refuses: nobody is asked there. */
function publicAddress(index: number): string {
  return `11.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

function brokenOff(host: string, signal: AbortSignal | undefined): TransportError {
  const { reason } = signal ?? {};
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new TransportError("timeout", `${host} did not answer in time.`, { cause: reason });
  }
  return new TransportError("aborted", `The request to ${host} was broken off here.`, { cause: reason });
}

/** A body that is short is sent whole, so that it can be repeated; a stream is passed on as it comes. */
async function bufferedBody(body: TransportRequest["body"]): Promise<Uint8Array | Readable | null> {
  if (body === undefined) return null;
  if (!(body instanceof Readable) && body.length > BUFFERED_BYTES) return Readable.from([body]);
  return body;
}
