import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { folderFiles, type Host, HostFileError, type HostFiles } from "../../plugin/index.ts";
import type { CompleteServerConfig } from "./config.ts";
import { openSessions, type Sessions } from "./sessions.ts";
import { openUsers, type Users } from "./users.ts";

/** The reference host: people in a JSON file, files in a folder on disk, sessions in memory. */
export interface TestbedHost extends Host {
  users: Users;
  files: HostFiles;
  session: Sessions;
}

/** Opens the host's data below `dataDir` and makes what is not there yet. */
export async function openHost(config: CompleteServerConfig, origin: string): Promise<TestbedHost> {
  await mkdir(join(config.dataDir, "files"), { recursive: true });
  const users = await openUsers(join(config.dataDir, "users.json"), config.users);
  const rootOf = async (user: string): Promise<string> => {
    if (!(await users.find(user))) {
      throw new HostFileError("not-found", "There is no such person.");
    }
    return join(config.dataDir, "files", user);
  };
  for (const { id } of config.users) {
    await mkdir(await rootOf(id), { recursive: true });
  }
  return { users, files: folderFiles(rootOf), session: openSessions(config.name, origin, users) };
}
