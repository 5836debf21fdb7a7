import { createCipheriv, createHash } from "node:crypto";
import { Readable } from "node:stream";
import { crc32, deflateSync } from "node:zlib";

/** A file whose content is made anew, and the same, each time it is opened. */
export interface DemoFile {
  /** Relative to the folder that is shared. */
  path: string;
  size: number;
  open(): Readable;
}

const MIB = 1024 * 1024;

/** The folder that the walk shares: a text, a picture, a large binary, and every name that other servers have tripped over. */
export function demoFiles(seed: string): DemoFile[] {
  const poem = "What is shared is not given away.\n".repeat(40);
  return [
    ofText("Read me first.txt", `This folder is shared by Open Cloud Mesh.\nSeed: ${seed}\n`),
    ofBytes("picture.png", picture(256, 256)),
    seededBinary("large.bin", 64 * MIB, `${seed} large`),
    ofText("a name with  spaces .txt", poem),
    ofText("\u{1F389} party \u{1F469}\u200D\u{1F680}.txt", poem),
    ofText("100% sure, %41 %2F.txt", poem),
    ofText("chapter #1.md", `# Chapter 1\n\n${poem}`),
    ofText("why? & how=?.txt", poem),
    ofText("caf\u00e9 composed (NFC).txt", poem),
    ofText("cafe\u0301 decomposed (NFD).txt", poem),
    ofText("\u65E5\u672C\u8A9E/\u0627\u0644\u0639\u0631\u0628\u064A\u0629/deep.txt", poem),
    ofText("Sub folder #2/100% nested?.txt", poem),
    ofBytes("empty.dat", Buffer.alloc(0)),
  ];
}

/** `size` bytes that follow from the seed: the key stream of AES-128 in counter mode. Never in memory as a whole. */
export function seededBinary(path: string, size: number, seed: string): DemoFile {
  return {
    path,
    size,
    open: () =>
      Readable.from(
        (function* () {
          const key = createHash("sha256").update(seed).digest();
          const stream = createCipheriv("aes-128-ctr", key.subarray(0, 16), key.subarray(16));
          const zeros = Buffer.alloc(256 * 1024);
          for (let left = size; left > 0; left -= zeros.length) {
            yield stream.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
          }
        })(),
        { objectMode: false, highWaterMark: 512 * 1024 },
      ),
  };
}

/** SHA-256 of all bytes, hex. */
export async function sha256(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

function ofText(path: string, text: string): DemoFile {
  return ofBytes(path, Buffer.from(text));
}

function ofBytes(path: string, bytes: Buffer): DemoFile {
  return {
    path,
    size: bytes.length,
    open: () => Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }),
  };
}

/** A PNG of a soft gradient, 8 bits of red, green and blue. */
function picture(width: number, height: number): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      rows.set([(x * 255) / width, (y * 255) / height, 160], y * (1 + width * 3) + 1 + x * 3);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
