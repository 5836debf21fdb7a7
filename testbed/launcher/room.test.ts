import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mustHaveRoom } from "./room.ts";
import { BadFlags } from "./words.ts";

it("says in one line that a folder has too little room, or cannot be used", async () => {
  const folder = await mkdtemp(join(tmpdir(), "room-test-"));
  await mustHaveRoom(folder, 1);
  const tooMuch = mustHaveRoom(folder, Number.MAX_SAFE_INTEGER);
  await expect(tooMuch).rejects.toBeInstanceOf(BadFlags);
  await expect(tooMuch).rejects.toThrow(/^There is no space: .* has \d+ MiB left, and this needs 8589934591 MiB\.$/);
  await rm(folder, { recursive: true });
  await expect(mustHaveRoom(folder, 1)).rejects.toThrow(`${folder}, cannot be used.`);
});
