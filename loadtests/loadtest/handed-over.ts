import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { peersHere } from "./peers.ts";
import { never, type Target } from "./target.ts";

const person = z.strictObject({
  origin: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, "")),
  username: z.string(),
  password: z.string(),
  /** OCM Address. */
  address: z.string(),
});

/** What a file says on servers that run already: the input of `--servers`. */
const handedOver = z.strictObject({
  servers: z.array(person.extend({ name: z.string(), lister: person.optional() })).min(1),
  /** PEM file with the authority of their certificates, absolute or beside this file. */
  ca: z.string().optional(),
  /** Where the servers are, if their names are of no use here: `name:port` to `address:port`. */
  hosts: z.record(z.string(), z.string()).default({}),
  /** People called recipient0, recipient1 and so on, on each server. */
  recipients: z.number().int().min(0).default(0),
  /** How the servers reach servers on this machine, where they trust them over plain HTTP. */
  peers: z.strictObject({ host: z.string(), listen: z.string() }).optional(),
});

/** Servers that somebody else started, and ends. @throws BadFlags when the file cannot be used */
export async function readHandedOver(name: string, file: string): Promise<Target> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadFlags(`${file} cannot be read.`);
  });
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    throw new BadFlags(`${file} is no JSON.`);
  }
  const result = handedOver.safeParse(written);
  if (!result.success) throw new BadFlags(`${file}: ${z.prettifyError(result.error).replaceAll("\n", " ")}`);
  const { servers, ca, hosts, recipients, peers } = result.data;
  return {
    name,
    servers: servers.map(({ lister, ...server }) => ({ ...server, ...(lister === undefined ? {} : { lister }) })),
    recipients,
    hosts,
    ...(ca === undefined ? {} : { ca: resolve(file, "..", ca) }),
    peers: peers === undefined ? null : peersHere(peers),
    cpuSeconds: () => undefined,
    ended: never,
    close: async () => undefined,
  };
}

/** A server of which nothing but its origin is known. */
export function bareServer(origin: string): Target {
  const { host } = new URL(origin);
  return {
    name: origin,
    servers: [{ name: host, origin, username: "", password: "", address: `nobody@${host}` }],
    recipients: 0,
    peers: null,
    cpuSeconds: () => undefined,
    ended: never,
    close: async () => undefined,
  };
}
