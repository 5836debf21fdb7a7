import { type HostEntry, HostFileError, type HostFiles } from "../../ports/host.ts";
import type { FolderMarks } from "../../ports/store.ts";
import { type ErrorCode, OcmError } from "../../protocol/errors.ts";
import type { DavDeps } from "../dav/request.ts";
import { encodeSharePath } from "../dav/share-path.ts";
import { keptPath, remoteTree } from "../tree-names.ts";
import type { MountedDeps } from "./mounted-request.ts";
import { type MountedShare, permissionsOf } from "./mounted-shares.ts";
import { hostEntry } from "./remote-properties.ts";

/**
 * A received share as the code for locks and dead properties sees a shared folder. What it keeps is kept under the share's id, because the
 * name in the tree may change. These locks and properties are this person's own: they hold between the programs with which the person
 * uses this server, and the owner's server does not know of them.
 * @param address the share's address below the tree's, undecoded, as the client writes it: it writes it so in an If header too
 */
export function shareDeps(
  deps: MountedDeps,
  { share, name }: MountedShare,
  address: string = encodeSharePath([name]),
): DavDeps {
  return {
    ...topDeps(deps),
    files: remoteHostFiles(deps, share.id),
    share: {
      user: deps.user,
      path: keptPath(share.id, ""),
      name,
      resourceType: share.resourceType === "file" ? "file" : "folder",
      permissions: permissionsOf(share),
    },
    base: deps.base + address,
  };
}

/** The top of the tree in the same terms: a folder that only others change. */
export function topDeps(deps: MountedDeps): DavDeps {
  return {
    files: remoteHostFiles(deps, ""),
    share: { user: deps.user, path: "/", name: "", resourceType: "folder", permissions: ["read"] },
    base: deps.base,
    origin: deps.origin,
    system: deps.system,
    tree: remoteTree(deps.user),
    store: { ...deps.store, marks: NO_MARKS },
    principal: deps.principal,
    stillValid: deps.stillValid,
    guard: (stream) => stream,
  };
}

/** What changes at the owner is not counted here: the owner's server has entity tags for that. */
const NO_MARKS: FolderMarks = {
  of: async () => [],
  bump: async () => {},
  saw: async () => true,
  remove: async () => {},
};

/** Only what locks and properties need: a look at what is there, and an empty file for a lock on a name that is free. */
function remoteHostFiles({ remote, user, context }: MountedDeps, share: string): HostFiles {
  const inShare = (path: string) => path.slice(keptPath(share, "").length + 1);
  const notHere = () => new HostFileError("forbidden", "This is another server's to do.");
  const unused = async (): Promise<never> => {
    throw notHere();
  };
  async function stat(_user: string, path: string): Promise<HostEntry | undefined> {
    try {
      const entry = await remote.stat(user, share, inShare(path), context);
      // A condition that holds of what was last known says nothing.
      if (entry.stale != null) throw new OcmError("peer-unreachable", { message: entry.stale.reason.message });
      return hostEntry(entry);
    } catch (error) {
      if (hasCode(error, "resource-missing")) return undefined;
      throw error;
    }
  }
  return {
    stat,
    async write(owner, path, content) {
      try {
        // `*`: what has come there in the meantime is not replaced by an empty file.
        await remote.write(user, share, inShare(path), content, { ...context, size: 0, ifNoneMatch: "*" });
      } catch (error) {
        throw hasCode(error, "precondition-failed") ? new HostFileError("changed", "There is a file by now.") : error;
      }
      const entry = await stat(owner, path);
      if (entry === undefined) throw new HostFileError("not-found", "The file is gone.");
      return entry;
    },
    list() {
      throw notHere();
    },
    open: unused,
    mkdir: unused,
    move: unused,
    remove: unused,
  };
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof OcmError && error.code === code;
}
