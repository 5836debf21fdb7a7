import { readFile } from "node:fs/promises";
import type { PeersClient } from "../../testbed/docker/peers/client.ts";
import { PEER_HOSTS, PEER_PORTS } from "../../testbed/docker/peers/names.ts";
import { writeWhole } from "../../testbed/write-file.ts";
import { type LoadPeer, type NewPeer, newPeer } from "./peer-identity.ts";
import type { PeerGround } from "./peers.ts";

/**
 * Peers in the container of the Docker testbed that has their names: they publish what is made here, and keep what they are sent.
 *
 * @param file where their keys are as long as the testbed is up: servers that know a peer's keys do not look for other ones at once
 */
export function peersInDocker(client: PeersClient, file: string): PeerGround {
  return {
    async start(count) {
      const known = await keysIn(file);
      await client.publish(Object.fromEntries(known.map(({ identity, documents }) => [identity.host, documents])));
      const all = known.slice(0, count).map(
        ({ identity, world }): LoadPeer => ({
          identity,
          world,
          share: (person) => client.share(identity.host, person),
        }),
      );
      // Servers may still have something to tell them.
      return { all, close: async () => undefined };
    },
    async startDead(count) {
      const ports = [PEER_PORTS.refuses, PEER_PORTS.silent];
      const hosts = ports.flatMap((port) => PEER_HOSTS.map((host) => `${host}:${port}`));
      return { hosts: hosts.slice(0, count), close: async () => undefined };
    },
  };
}

async function keysIn(file: string): Promise<NewPeer[]> {
  const text = await readFile(file, "utf8").catch(() => null);
  // It was written by the same version of this code.
  if (text !== null) return JSON.parse(text) as NewPeer[];
  const made = PEER_HOSTS.map((host) => newPeer(host, "https"));
  await writeWhole(file, JSON.stringify(made), 0o600);
  return made;
}
