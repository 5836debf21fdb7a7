import type { HostEntry } from "../../../ports/host.ts";
import { OcmError } from "../../../protocol/errors.ts";
import { childPath } from "../../tree-paths.ts";
import { hostRefusal } from "../error-reply.ts";
import type { DavDeps } from "../request.ts";
import type { ShareNode } from "../share-node.ts";
import { encodeSharePath, isUsableName } from "../share-path.ts";

/** Files that are copied at the same time. */
const TOGETHER = 4;
/** Folders within folders: no tree of a person is as deep as that, and no path of a file system as long. */
const DEEPEST = 128;
/** Where so much fails, the rest does too. */
const MOST_FAILURES = 1000;

/** What could not be copied, by its place at the destination. */
export interface CopyFailure {
  path: string;
  href: string;
  /** HTTP status. */
  status: number;
}

type Place = Pick<ShareNode, "path" | "href">;

/**
 * Copies a file, or a folder with all that is in it where `deep` says so; nothing of it may be at the destination, unless it is a file that
 * `replace`s another. What is in a folder and cannot be copied is left out and told. Names that cannot be addressed in a share are not copied.
 * @throws what the resource itself fails with; OcmError unauthenticated once the share has ended
 */
export async function copyTree(
  deps: DavDeps,
  source: Place,
  target: Place,
  { entry, deep, replace }: { entry: HostEntry; deep: boolean; replace: boolean },
): Promise<CopyFailure[]> {
  const failures: CopyFailure[] = [];
  if (entry.type === "file") await copyFile(deps, source.path, target.path, replace);
  else await copyFolder(deps, source.path, target, { deep, level: 0, failures });
  return failures;
}

interface Walk {
  deep: boolean;
  level: number;
  failures: CopyFailure[];
}

async function copyFolder(deps: DavDeps, source: string, target: Place, walk: Walk): Promise<void> {
  if (walk.level > DEEPEST) throw new OcmError("forbidden", { message: "The folders are nested too deep." });
  const { files, share } = deps;
  await files.mkdir(share.user, target.path);
  if (!walk.deep) return;
  const attempt = async (name: string, work: (from: string, to: Place) => Promise<void>) => {
    if (walk.failures.length >= MOST_FAILURES) return;
    const to = { path: childPath(target.path, name), href: target.href + encodeSharePath([name]) };
    try {
      await work(childPath(source, name), to);
    } catch (error) {
      walk.failures.push({ ...to, status: statusOf(error) });
    }
  };
  // Folders wait until the listing has ended, so that a walk never holds more than one of them open.
  const folders: string[] = [];
  for await (const piece of files.list(share.user, source)) {
    const children = piece.filter(({ name }) => isUsableName(name));
    folders.push(...children.filter(({ type }) => type === "folder").map(({ name }) => name));
    const names = children.filter(({ type }) => type === "file").map(({ name }) => name);
    for (let start = 0; start < names.length; start += TOGETHER) {
      await mayGoOn(deps);
      const some = names.slice(start, start + TOGETHER);
      await Promise.all(some.map((name) => attempt(name, (from, to) => copyFile(deps, from, to.path, false))));
    }
  }
  for (const name of folders) {
    await mayGoOn(deps);
    await attempt(name, (from, to) => copyFolder(deps, from, to, { ...walk, level: walk.level + 1 }));
  }
}

/** @throws OcmError unauthenticated once the share has ended */
export async function mayGoOn(deps: DavDeps): Promise<void> {
  if (!(await deps.stillValid())) throw ended();
}

function ended(): OcmError {
  return new OcmError("unauthenticated", { message: "The share has ended." });
}

async function copyFile(deps: DavDeps, from: string, to: string, replace: boolean): Promise<void> {
  const { files, share } = deps;
  const file = await files.open(share.user, from);
  const content = deps.guard(file.read());
  try {
    await files.write(share.user, to, content, replace ? {} : { expected: null });
  } finally {
    content.destroy();
    await file.close();
  }
}

function statusOf(error: unknown): number {
  const refusal = hostRefusal(error, "conflict");
  if (refusal instanceof OcmError && refusal.code === "unauthenticated") throw refusal;
  return refusal instanceof OcmError ? refusal.status : 500;
}
