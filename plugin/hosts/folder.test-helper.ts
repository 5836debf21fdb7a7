import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect } from "vitest";
import type { HostEntry, HostFile, HostFiles } from "../ports/host.ts";
import { type FolderOptions, folderFiles } from "./folder.ts";

/** Every method that this store has. */
type FolderFiles = Required<HostFiles>;

/** A store in a temporary folder, a new one for each test. */
export interface Disk {
  /** Alice's root. */
  root: string;
  files: FolderFiles;
  /** Makes the store anew with these options. */
  open(options: FolderOptions): void;
  text(path: string): Promise<string>;
}

/** Call it at the top of a test file. */
export function diskForEachTest(): Disk {
  let folder = "";
  const disk: Disk = {
    root: "",
    files: folderFiles(() => "") as FolderFiles,
    open(options) {
      disk.files = folderFiles((user) => join(folder, user), options) as FolderFiles;
    },
    async text(path) {
      return textOf(await disk.files.open("alice", path));
    },
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "folder-files-"));
    disk.root = join(folder, "alice");
    await mkdir(disk.root);
    disk.open({});
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return disk;
}

export const bytes = (text: string | Buffer): Readable => Readable.from([Buffer.from(text)]);

export const failure = (name: string): unknown => expect.objectContaining({ name: "HostFileError", failure: name });

/** Breaks off after these bytes, as a client that goes away does. */
export function brokenAfter(text: string | Buffer): Readable {
  return Readable.from(
    (async function* () {
      yield Buffer.from(text);
      throw new Error("the sender went away");
    })(),
  );
}

export async function textOf(file: HostFile): Promise<string> {
  const content = file.read();
  await file.close();
  return (await buffer(content)).toString();
}

export async function listed(files: HostFiles, path: string): Promise<HostEntry[]> {
  const entries: HostEntry[] = [];
  for await (const piece of files.list("alice", path)) entries.push(...piece);
  return entries;
}
