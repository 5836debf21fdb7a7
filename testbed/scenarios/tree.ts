import type { Role, RoleEntry } from "../roles.ts";

/** Every file of a received folder, however deep, by one listing a folder. */
export async function readTree(role: Role, share: string, path = ""): Promise<RoleEntry[]> {
  const files: RoleEntry[] = [];
  for (const entry of await role.list(share, path)) {
    if (entry.type === "folder") {
      files.push(...(await readTree(role, share, entry.path)));
    } else {
      files.push(entry);
    }
  }
  return files;
}
