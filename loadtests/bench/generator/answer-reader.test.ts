import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

const answer = (body: string, head = `Content-Length: ${Buffer.byteLength(body)}`) =>
  Buffer.from(`HTTP/1.1 201 Created\r\nDate: now\r\n${head}\r\n\r\n${body}`);

/** What is read of the chunks, each of which is overwritten after it was read. */
function read(chunks: readonly Buffer[]): [status: number, beginning: string][] {
  const answers: [number, string][] = [];
  const reader = createAnswerReader((status, beginning) => answers.push([status, beginning.toString()]));
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader(reused);
    reused.fill("?");
  }
  return answers;
}

describe("the reader of answers", () => {
  it("reads the same wherever the bytes are divided", () => {
    const bodies = fc.oneof(fc.string(), fc.constantFrom("", "x".repeat(1023), "x".repeat(5000)));
    fc.assert(
      fc.property(fc.array(bodies, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2000)), (texts, sizes) => {
        const chunks = texts.flatMap((text) => {
          const bytes = answer(text);
          const ends = [...sizes.filter((size) => size < bytes.length), bytes.length].sort((a, b) => a - b);
          return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        });
        const expected = texts.map((text) => [201, Buffer.from(text).subarray(0, 1024).toString()]);
        expect(read(chunks)).toEqual(expected);
      }),
    );
  });

  it("refuses an answer without Content-Length, and one that goes on after its end", () => {
    expect(() => read([answer("x", "Transfer-Encoding: chunked")])).toThrow("no Content-Length");
    expect(() => read([answer("too long", "Content-Length: 3")])).toThrow("longer");
  });
});
