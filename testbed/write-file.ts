import { randomUUID } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";

/** Puts a whole file in place: whoever reads it sees the old content or the new, never a part. */
export async function writeWhole(file: string, content: string, mode = 0o666): Promise<void> {
  // In containers that share a folder every process has the same number.
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, content, { mode });
  await rename(temporary, file);
}
