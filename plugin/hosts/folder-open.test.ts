import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline, type Readable, Transform } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { bytes, diskForEachTest, textOf } from "./folder.test-helper.ts";

const disk = diskForEachTest();
const onLinux = it.runIf(process.platform === "linux");

/** How many descriptors of this process are open on something in the test's folder. */
async function descriptors(): Promise<number> {
  const all = await readdir("/proc/self/fd");
  const targets = await Promise.all(all.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(disk.root)).length;
}

/** Waits until so many are open. */
async function settled(count: number): Promise<void> {
  for (const end = Date.now() + 5000; (await descriptors()) !== count && Date.now() < end; await delay(5));
  expect(await descriptors()).toBe(count);
}

/** Takes one chunk and no more, as a client does whose line is full. */
async function oneChunk(stream: Readable): Promise<Buffer> {
  for (;;) {
    const chunk = stream.read();
    if (chunk !== null) return chunk;
    await new Promise((resolve) => stream.once("readable", resolve));
  }
}

describe("an open file", () => {
  onLinux("is open once, however many read it, and closed after the last of them", async () => {
    await writeFile(join(disk.root, "a"), Buffer.alloc(3_000_000, "abc"));
    const open = () => disk.files.open("alice", "/a");
    const files = await Promise.all(Array.from({ length: 200 }, open));
    const streams = files.map((file) => file.read());
    await Promise.all(streams.map(oneChunk));
    await settled(1);
    await Promise.all(files.map((file) => file.close()));
    await settled(1);
    for (const stream of streams) stream.destroy();
    await settled(0);
  });

  onLinux("is closed when it was never read, and when it was closed twice", async () => {
    await writeFile(join(disk.root, "a"), "abc");
    const [one, two] = [await disk.files.open("alice", "/a"), await disk.files.open("alice", "/a")];
    await one.close();
    await one.close();
    expect(() => one.read()).toThrow("closed");
    await settled(1);
    expect(await textOf(two)).toBe("abc");
    await settled(0);
  });

  onLinux("shares nothing with a version that replaced it", async () => {
    await disk.files.write("alice", "/a", bytes("old"));
    const old = await disk.files.open("alice", "/a");
    await disk.files.write("alice", "/a", bytes("new"));
    const present = await disk.files.open("alice", "/a");
    expect(present.entry.etag).not.toBe(old.entry.etag);
    expect([await textOf(old), await textOf(present)]).toEqual(["old", "new"]);
    await settled(0);
  });

  it("gives several streams of one file their own parts of it", async () => {
    const content = Buffer.from(Array.from({ length: 400_000 }, (_, i) => `${i},`).join(""));
    await writeFile(join(disk.root, "a"), content);
    const file = await disk.files.open("alice", "/a");
    const spans = [0, 1, 70_000, 2_000_000, content.length - 1].map((start) => ({ start, end: start + 300_000 }));
    const parts = await Promise.all(spans.map((span) => buffer(file.read(span))));
    await file.close();
    const right = spans.map(({ start, end }, index) => parts[index]?.equals(content.subarray(start, end + 1)));
    expect(right).toEqual(spans.map(() => true));
  });

  it("holds one chunk for each reader that is slow, and a small one where there are many", async () => {
    const size = 2 ** 22;
    await writeFile(join(disk.root, "a"), Buffer.alloc(size));
    const file = await disk.files.open("alice", "/a");
    const few = file.read();
    expect((await oneChunk(few)).length).toBe(2 ** 20);
    const many = Array.from({ length: 10_000 }, () => file.read());
    const chunks = await Promise.all(many.map(oneChunk));
    expect(new Set(chunks.map((chunk) => chunk.length))).toEqual(new Set([2 ** 14]));
    await turn();
    expect(many.reduce((sum, stream) => sum + stream.readableLength, 0)).toBe(0);
    for (const stream of many) stream.destroy();
    await delay(10);
    expect((await oneChunk(few)).length).toBe(2 ** 20);
    few.destroy();
    await file.close();
  });

  it("uses the memory of a chunk again in a response, and nowhere else", async () => {
    const content = randomBytes(2 ** 24 + 12_345);
    await writeFile(join(disk.root, "a"), content);
    const server = createServer(async ({ url }, response) => {
      const file = await disk.files.open("alice", "/a");
      const stream = file.read();
      await file.close();
      // Keeps the chunks as they are for a while, as a transform may that passes them on.
      const kept = new Transform({
        readableHighWaterMark: 2 ** 23,
        transform: (chunk, _encoding, done) => setTimeout(done, 5, null, chunk),
      });
      if (url === "/direct") pipeline(stream, response, () => undefined);
      else pipeline(stream, kept, response, () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const made = vi.spyOn(Buffer, "allocUnsafeSlow");
    const chunksMade = () => made.mock.calls.filter(([size]) => size === 2 ** 20).length;
    try {
      for (const [path, least, most] of [
        ["/direct", 1, 4],
        ["/kept", 16, 16],
      ] as const) {
        made.mockClear();
        const body = Buffer.from(await (await fetch(origin + path)).arrayBuffer());
        expect(body.equals(content)).toBe(true);
        expect(chunksMade()).toBeGreaterThanOrEqual(least);
        expect(chunksMade()).toBeLessThanOrEqual(most);
      }
    } finally {
      made.mockRestore();
      server.close();
      server.closeAllConnections();
    }
  });

  it("gives each of many downloads its own bytes, whatever others are broken off or compressed", async () => {
    const contents = Array.from({ length: 6 }, (_, i) => randomBytes(2 ** 19 * (i + 1) + i));
    for (const [i, content] of contents.entries()) await writeFile(join(disk.root, `${i}`), content);
    const server = createServer(async ({ url = "" }, response) => {
      const file = await disk.files.open("alice", url.slice(0, 2));
      const stream = file.read();
      await file.close();
      if (url.endsWith("late")) {
        // As middlewares do that compress: what was written goes out later, and the response knows nothing of it yet.
        const write = response.write.bind(response);
        const end = response.end.bind(response);
        const kept: Buffer[] = [];
        response.write = (chunk: Buffer) => kept.push(chunk) > 0;
        response.end = () => {
          for (const chunk of kept) write(chunk);
          return end();
        };
      }
      pipeline(stream, response, () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const one = async (number: number) => {
      const which = number % contents.length;
      const answer = await fetch(`${origin}/${which}${number % 5 === 0 ? "late" : ""}`);
      if (number % 7 === 0) return answer.body?.cancel();
      const body = Buffer.from(await answer.arrayBuffer());
      expect(body.equals(contents[which] ?? Buffer.alloc(0)), `download ${number}`).toBe(true);
    };
    try {
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(Array.from({ length: 60 }, (_, i) => one(round * 60 + i)));
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("gives whoever takes over from a response chunks of their own", async () => {
    const content = randomBytes(2 ** 23);
    await writeFile(join(disk.root, "a"), content);
    const server = createServer(async (_request, response) => {
      const file = await disk.files.open("alice", "/a");
      const stream = file.read();
      await file.close();
      const chunks: Buffer[] = [];
      stream.pipe(response);
      stream.once("data", (first: Buffer) => {
        stream.unpipe(response);
        chunks.push(first);
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => response.end(Buffer.concat(chunks).subarray(first.length)));
        stream.resume();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("fails, rather than to end early, when another program makes the file shorter", async () => {
    await writeFile(join(disk.root, "a"), Buffer.alloc(3_000_000));
    const file = await disk.files.open("alice", "/a");
    const stream = file.read();
    await oneChunk(stream);
    await truncate(join(disk.root, "a"), 1000);
    await expect(buffer(stream)).rejects.toThrow("shorter");
    await file.close();
  });

  onLinux("takes no descriptor of another file when it is destroyed while it reads", async () => {
    await writeFile(join(disk.root, "a"), Buffer.alloc(2 ** 20, "a"));
    for (let round = 0; round < 50; round += 1) {
      const file = await disk.files.open("alice", "/a");
      const stream = file.read();
      stream.resume();
      await file.close();
      stream.destroy();
    }
    await settled(0);
    expect(await readFile(join(disk.root, "a"))).toHaveLength(2 ** 20);
  });
});
