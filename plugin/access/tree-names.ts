import type { TreeName } from "../ports/records.ts";

/** The name under which what belongs to a person's own files is kept. */
export function filesTree(user: string): TreeName {
  return `files:${user}`;
}

/** The name under which what belongs to a person's tree of received shares is kept. */
export function remoteTree(user: string): TreeName {
  return `remote:${user}`;
}

/** Where in the tree of received shares things about a place in one of them are kept. */
export function keptPath(share: string, path: string): string {
  return path === "" ? `/${share}` : `/${share}/${path}`;
}
