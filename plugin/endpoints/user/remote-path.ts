import { z } from "zod";
import { OcmError } from "../../protocol/errors.ts";
import type { Call } from "../route.ts";

/** What is wrong with a path relative to a share, in a sentence, or null. The empty path is the share itself. */
function pathFault(path: string): string | null {
  if (path === "") return null;
  if (path.length > 4096) return "A path has at most 4096 characters.";
  if (path.includes("\0") || !path.isWellFormed()) return "NUL and lone surrogates are not accepted.";
  const strange = path.split("/").some((segment) => segment === "" || segment === "." || segment === "..");
  return strange ? "Use a path relative to the share, without empty, . and .. segments." : null;
}

/** A path relative to a share, in a JSON body. */
export const relativePath = z.string().superRefine((path, check) => {
  const fault = pathFault(path);
  if (fault) check.addIssue(fault);
});

/**
 * The path within a share that a URL names after the route's own segments. One slash at the end is allowed.
 * @throws path-invalid
 */
export function remotePath(call: Call): string {
  const path = (call.params.path ?? "").replace(/\/$/, "");
  const fault = pathFault(path);
  if (fault) throw new OcmError("path-invalid", { message: fault });
  return path;
}
