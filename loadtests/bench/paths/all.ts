import { discovery } from "./discovery.ts";
import { get1mib } from "./download.ts";
import { jwks } from "./jwks.ts";
import { notification } from "./notification.ts";
import type { BenchPath } from "./path.ts";
import { propfind1000 } from "./propfind.ts";
import { shareIntake } from "./share-intake.ts";
import { token } from "./token.ts";
import { put1mib } from "./upload.ts";

/** Every path that can be measured, in the order of the report. */
export const allPaths: readonly BenchPath[] = [
  discovery,
  jwks,
  shareIntake,
  token,
  notification,
  propfind1000,
  get1mib,
  put1mib,
];

/** @throws Error when there is no such path */
export function pathByName(name: string): BenchPath {
  const path = allPaths.find((each) => each.name === name);
  if (path === undefined) throw new Error(`There is no path "${name}".`);
  return path;
}
