import type { Signing } from "../generator/signed-post.ts";
import type { PublicIdentity } from "../identity.ts";
import type { ArrivedShare } from "../peer.ts";
import type { YardstickHandler } from "../yardstick/serve.ts";

/** One way into the server that is measured. Each part runs in a process of its own. */
export interface BenchPath<Material = unknown> {
  name: string;
  /** What each answer has to be. */
  expected: Expected;
  /** In the bench itself, once, when the server under test is up: what the other parts need of it. It is copied to them. */
  collect(server: ServerUnderTest): Promise<Material>;
  /** Where each request uses something up: there is so much of it for these rounds, and a round ends when its part is used. */
  supply?(rounds: number): Supply;
  /** In the generator: the requests to one server. */
  requests(target: Target, material: Material): Requests;
  /** In the yardstick's process: the same work without the plugin and without a framework. */
  yardstick(setup: YardstickSetup, material: Material): YardstickHandler;
  /** Another server that people use for this, measured by the way, with few requests. */
  rival?: Rival<Material>;
}

/** How many requests there can be. */
export interface Supply {
  warmUp: number;
  perRound: number;
}

/** What a rival is asked. */
export interface Rival<Material = unknown> {
  name: string;
  expected: Expected;
  /** The folder on disk that it serves. */
  folder(material: Material): string;
  request(origin: string, material: Material): Buffer;
}

export interface Expected {
  status: number;
  /** The first bytes of the body. */
  begins?: string;
}

export interface ServerUnderTest {
  origin: string;
  /** How many rounds there will be. */
  rounds: number;
  /** Makes this many shares to people at the bench's own peer; returns them as they came there. */
  createShares(count: number): Promise<readonly ArrivedShare[]>;
  /** The folder on disk that holds its users' files. */
  files: string;
  /** Shares one file or folder with somebody at the bench's own peer, and exchanges its secret for an access token. */
  openShare(path: string, permissions: readonly ("read" | "write")[]): Promise<OpenShare>;
}

/** A share as its receiver uses it. */
export interface OpenShare {
  /** Path of its address, without a slash at the end. */
  path: string;
  accessToken: string;
}

/** Where requests go, and who signs them. */
export interface Target {
  origin: string;
  signing: Signing;
}

/** The same bytes each time, the next of some in turn, or each request a new one, which is made before the round. */
export type Requests = { same: Buffer } | { several: readonly Buffer[] } | { make(): Promise<Buffer> };

export interface YardstickSetup {
  origin: string;
  /** Who signs the requests. */
  peer: PublicIdentity;
  /** An empty folder on disk. */
  folder: string;
}
