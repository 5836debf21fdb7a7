import { sep } from "node:path";
import { HostFileError } from "../ports/host.ts";

/**
 * Names that start like this, in whatever capitals, are not complete or not there any more: uploads, and folders that have been
 * replaced. They are not listed and cannot be asked for.
 */
export const HIDDEN_PREFIX = ".ocm-upload-";

/** Is this a name of the store's own? */
export function isHidden(name: string): boolean {
  return name.startsWith(".") && fold(name.slice(0, HIDDEN_PREFIX.length)) === HIDDEN_PREFIX;
}

/** The names that a path is made of, "/" being none. @throws HostFileError bad-name where a name could lead elsewhere */
export function segmentsOf(path: string): string[] {
  const segments = path === "/" ? [] : path.split("/").slice(1);
  const good =
    path.startsWith("/") &&
    path.isWellFormed() &&
    segments.every(
      (segment) =>
        segment !== "" &&
        segment !== "." &&
        segment !== ".." &&
        !segment.includes("\0") &&
        !(sep !== "/" && segment.includes(sep)) &&
        !isHidden(segment),
    );
  if (!good) {
    throw new HostFileError("bad-name", "This name cannot be used.");
  }
  return segments;
}

/** The path as a disk sees it that tells neither capitals nor forms of accents apart. */
export function fold(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/** The name of what is at the path, "" for the root. */
export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
