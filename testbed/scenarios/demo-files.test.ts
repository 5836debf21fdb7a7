import { buffer } from "node:stream/consumers";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { demoFiles, seededBinary, sha256 } from "./demo-files.ts";

const MIB = 1024 * 1024;

describe("the demo files", () => {
  it("cover a text, a picture, 64 MiB and the names that trip servers", () => {
    const files = demoFiles("seed");
    const names = files.map((file) => file.path).join("\n");
    for (const character of [" ", "\u{1F389}", "%", "#", "?", "\u00e9", "e\u0301", "/"]) {
      expect(names).toContain(character);
    }
    expect(files.find((file) => file.path === "large.bin")?.size).toBe(64 * MIB);
    expect(new Set(files.map((file) => file.path)).size).toBe(files.length);
  });

  it("have the size that they say", async () => {
    for (const file of demoFiles("seed").filter(({ size }) => size < MIB)) {
      expect((await buffer(file.open())).length, file.path).toBe(file.size);
    }
  });

  it("holds a picture that is a PNG with the pixels that its header tells of", async () => {
    const file = demoFiles("seed").find(({ path }) => path === "picture.png");
    const png = file ? await buffer(file.open()) : Buffer.alloc(0);
    expect(png.subarray(0, 8).toString("latin1")).toBe("\u0089PNG\r\n\u001a\n");
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const length = png.readUInt32BE(33);
    expect(png.subarray(37, 41).toString()).toBe("IDAT");
    expect(inflateSync(png.subarray(41, 41 + length)).length).toBe(height * (1 + width * 3));
  });
});

describe("a seeded binary", () => {
  it("has exactly its size, is the same each time, and another for another seed", async () => {
    const size = 3 * MIB + 17;
    const one = seededBinary("x", size, "one");
    expect((await buffer(one.open())).length).toBe(size);
    const hash = await sha256(one.open());
    expect(await sha256(one.open())).toBe(hash);
    expect(await sha256(seededBinary("x", size, "two").open())).not.toBe(hash);
  });

  it("does not repeat itself from chunk to chunk", async () => {
    const bytes = await buffer(seededBinary("x", MIB, "seed").open());
    expect(bytes.subarray(0, MIB / 4).equals(bytes.subarray(MIB / 4, MIB / 2))).toBe(false);
  });
});
