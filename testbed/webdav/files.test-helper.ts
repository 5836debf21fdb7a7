import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

export const MIB = 1024 * 1024;

/** Names that clients and servers stumble over. */
export const ODD_NAMES = [
  "two words.txt",
  "100 % of #1.txt",
  "50%25 & more?.txt",
  "Grüße aus Köln.txt",
  "nfd-a\u0308.txt",
  "emoji 🎉🏳️‍🌈.txt",
  "日本語.txt",
  "quote ' and \" double.txt",
  "semi;colon,comma+plus=equals.txt",
  "[brackets] {braces} (round).txt",
  "<angle> & ampersand.txt",
  "tilde~ dollar$ at@ bang!.txt",
  ".hidden",
  "no-extension",
  `${"long-".repeat(48)}name.txt`,
  "a folder with spaces/inside.txt",
  "Ordner 100%/ümläut #2/deep.txt",
] as const;

/** A temporary folder that removes itself: `await using`. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "koa-ocm-programs-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Writes files of these contents, with the folders on the way. */
export async function plant(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Odd names, an empty file, one of 20 MiB and many small ones. */
export async function plantTree(folder: string, many = 300): Promise<void> {
  await plant(folder, Object.fromEntries(ODD_NAMES.map((name) => [name, `The content of ${name}`])));
  await plant(folder, { empty: "", "big.bin": patterned(20 * MIB) });
  const small = Array.from({ length: many }, (_, index) => [`many/file ${index}.txt`, `Number ${index}`] as const);
  await plant(folder, Object.fromEntries(small));
}

/** Bytes of which no two places look alike. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> 0, at);
  return bytes;
}

/** Path and SHA-256 of every file below a folder. Names are compared to the byte. */
export async function treeOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashes = await Promise.all(
    files.map(async (file) => [file.slice(folder.length + 1), await sha256(file)] as const),
  );
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Path and time of every file below a folder, in whole seconds since the Unix epoch. */
export async function timesOf(folder: string): Promise<Record<string, number>> {
  const names = Object.keys(await treeOf(folder));
  const times = names.map(async (name) => [name, Math.floor((await stat(join(folder, name))).mtimeMs / 1000)] as const);
  return Object.fromEntries(await Promise.all(times));
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
