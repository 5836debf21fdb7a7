import type { CpuProfile } from "./profile.ts";

/** Some calls of one function from the same place, put together. Times are microseconds. */
export interface Frame {
  name: string;
  /** Who wrote it: a room of the plugin such as `signing`, a package, `node`, or `native` for what V8 knows no script of. */
  owner: string;
  /** With what it called. */
  total: number;
  /** Without. */
  self: number;
  /** The longest first. */
  children: Frame[];
}

type Node = CpuProfile["nodes"][number];

/** Waiting is no work, and neither is the profiler's own. */
const IDLE = new Set(["(idle)", "(program)", "beginProfile", "endProfile"]);

/** Where the time of a profile went, without the waiting: calls of one function from one place are one frame, whatever their lines. */
export function framesOf(profile: CpuProfile): Frame {
  const root = frame("all", "native");
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const times = new Map<number, number>();
  profile.samples?.forEach((id, at) => {
    times.set(id, (times.get(id) ?? 0) + (profile.timeDeltas?.[at] ?? 0));
  });
  for (const [id, time] of times) {
    const stack = stackOf(id, byId, parents);
    if (time <= 0 || stack.some(({ callFrame }) => IDLE.has(callFrame.functionName))) continue;
    add(root, stack, time);
  }
  sort(root);
  return root;
}

/** Part of the whole time that each owner spent itself, the greatest first. */
export function ownersOf(root: Frame): [owner: string, part: number][] {
  const times = new Map<string, number>();
  const look = (each: Frame) => {
    times.set(each.owner, (times.get(each.owner) ?? 0) + each.self);
    each.children.forEach(look);
  };
  look(root);
  return [...times]
    .filter(([, time]) => time > 0)
    .map(([owner, time]): [string, number] => [owner, time / root.total])
    .sort(([, one], [, other]) => other - one);
}

/** From the outermost function to the innermost, without V8's own root. */
function stackOf(id: number, byId: Map<number, Node>, parents: Map<number, number>): Node[] {
  const stack: Node[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const node = byId.get(at);
    if (node !== undefined && node.callFrame.functionName !== "(root)") stack.unshift(node);
  }
  return stack;
}

function add(root: Frame, stack: readonly Node[], time: number): void {
  let here = root;
  here.total += time;
  for (const { callFrame } of stack) {
    const name = callFrame.functionName || "(anonymous)";
    const owner = ownerOf(callFrame.url);
    let next = here.children.find((child) => child.name === name && child.owner === owner);
    if (next === undefined) {
      next = frame(name, owner);
      here.children.push(next);
    }
    next.total += time;
    here = next;
  }
  here.self += time;
}

function sort(each: Frame): void {
  each.children.sort((one, other) => other.total - one.total);
  each.children.forEach(sort);
}

function frame(name: string, owner: string): Frame {
  return { name, owner, total: 0, self: 0, children: [] };
}

function ownerOf(url: string): string {
  if (url === "") return "native";
  if (url.startsWith("node:")) return "node";
  const [, room] = /\/plugin\/([^/]+)\//.exec(url) ?? [];
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return name ?? room ?? (/\/loadtests\//.test(url) ? "bench" : "other");
}
