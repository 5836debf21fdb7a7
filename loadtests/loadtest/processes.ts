import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addRecipients, RECIPIENTS } from "../../testbed/docker/image/recipients.ts";
import { castMember } from "../../testbed/launcher/cast.ts";
import { configOf } from "../../testbed/launcher/federation.ts";
import { type ServerProcess, startServer } from "../../testbed/launcher/server-process.ts";
import { closeServers, listen } from "../../testbed/server/listen.ts";
import type { WorldServer } from "../k6/shared/world.ts";
import { cpuSecondsOf } from "./cpu.ts";
import { peersHere } from "./peers.ts";
import type { Target } from "./target.ts";

/** Starts demo servers of their own, each a process with its database on disk. @throws ServerEnded */
export async function startProcesses(count: number): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), "koa-ocm-load-"));
  const running: ServerProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const ports = await freePorts(count);
    const members = ports.map((port, index) => castMember(index, port));
    const servers: WorldServer[] = [];
    for (const member of members) {
      const config = configOf(member, folder);
      const lister = { username: "lister", password: randomBytes(12).toString("hex") };
      await mkdir(config.dataDir, { recursive: true });
      await addRecipients(join(config.dataDir, "users.json"));
      const { origin, name } = member.server;
      servers.push({
        name,
        origin,
        ...member.account,
        lister: { origin, ...lister, address: `${lister.username}@${new URL(origin).host}` },
      });
      const more = { id: lister.username, displayName: "Somebody with lists", password: lister.password };
      running.push(startServer({ ...config, users: [...config.users, more] }));
    }
    await Promise.all(running.map(({ ready }) => ready));
    return {
      name: "processes",
      servers,
      recipients: RECIPIENTS,
      peers: peersHere(),
      folderOf: ({ name, username }) => join(folder, name, "files", username),
      cpuSeconds: () => cpuSecondsOf(running.map(({ pid }) => pid)),
      ended: Promise.race(running.map(({ ended }) => ended)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ports on which nobody listens, all different. */
async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => listen(0, () => undefined)));
  await Promise.all(held.map(({ servers }) => closeServers(servers)));
  return held.map(({ port }) => port);
}
