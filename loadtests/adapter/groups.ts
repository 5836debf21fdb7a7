import { createHash } from "node:crypto";

/** A check of a group, with how often it held. */
interface CheckCount {
  name: string;
  path: string;
  id: string;
  passes: number;
  fails: number;
}

/** A group of a script, as the data of `handleSummary` has it. */
export interface GroupNode {
  name: string;
  path: string;
  id: string;
  groups: GroupNode[];
  checks: CheckCount[];
}

const BETWEEN = "::";
const idOf = (path: string): string => createHash("md5").update(path).digest("hex");

export function createRootGroup(): GroupNode {
  return { name: "", path: "", id: idOf(""), groups: [], checks: [] };
}

/** The path of a group within another. */
export function groupPath(parent: string, name: string): string {
  return parent + BETWEEN + name;
}

/** Counts one outcome of a check, in the group at this path. */
export function countCheck(root: GroupNode, group: string, name: string, passed: boolean): void {
  let node = root;
  for (const part of group.split(BETWEEN).slice(1)) {
    let inner = node.groups.find((one) => one.name === part);
    if (inner === undefined) {
      const path = groupPath(node.path, part);
      inner = { name: part, path, id: idOf(path), groups: [], checks: [] };
      node.groups.push(inner);
    }
    node = inner;
  }
  let check = node.checks.find((one) => one.name === name);
  if (check === undefined) {
    const path = groupPath(node.path, name);
    check = { name, path, id: idOf(path), passes: 0, fails: 0 };
    node.checks.push(check);
  }
  if (passed) check.passes += 1;
  else check.fails += 1;
}
