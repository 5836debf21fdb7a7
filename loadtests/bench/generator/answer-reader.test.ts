import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnswerReader } from "./answer-reader.ts";

const answer = (body: string, head = `Content-Length: ${Buffer.byteLength(body)}`) =>
  Buffer.from(`HTTP/1.1 201 Created\r\nDate: now\r\n${head}\r\n\r\n${body}`);

/** What is read of the chunks, each of which is overwritten after it was read. */
function read(chunks: readonly Buffer[]): [status: number, beginning: string][] {
  const answers: [number, string][] = [];
  const reader = createAnswerReader((status, beginning) => answers.push([status, beginning.toString("latin1")]));
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader(reused);
    reused.fill("?");
  }
  return answers;
}

const chunkedAnswer = (body: string, sizes: number[]) => {
  const bytes = Buffer.from(body);
  const ends = [...sizes.filter((size) => size < bytes.length), bytes.length].sort((a, b) => a - b);
  const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0);
  const chunks = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([answer("", "Transfer-Encoding: chunked"), ...chunks, Buffer.from("0\r\n\r\n")]);
};

describe("the reader of answers", () => {
  it("reads the same wherever the bytes are divided, with a length or in chunks", () => {
    const bodies = fc.oneof(fc.string(), fc.constantFrom("", "x".repeat(1023), "x".repeat(5000), "a\r\n0\r\n\r\n"));
    const answers = fc.array(fc.tuple(bodies, fc.boolean()), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(answers, fc.array(fc.nat(2000)), (texts, sizes) => {
        const chunks = texts.flatMap(([text, inChunks]) => {
          const bytes = inChunks ? chunkedAnswer(text, sizes) : answer(text);
          const ends = [...sizes.filter((size) => size < bytes.length), bytes.length].sort((a, b) => a - b);
          return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        });
        const expected = texts.map(([text]) => [201, Buffer.from(text).subarray(0, 1024).toString("latin1")]);
        expect(read(chunks)).toEqual(expected);
      }),
    );
  });

  it("takes 204 and 304 as answers without a body", () => {
    expect(read([Buffer.from("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n")])).toEqual([[204, ""]]);
  });

  it("refuses an answer whose end is not told, one that goes on after its end, and chunks without a size", () => {
    expect(() => read([answer("x", "Connection: close")])).toThrow("no Content-Length");
    expect(() => read([answer("too long", "Content-Length: 3")])).toThrow("longer");
    expect(() => read([Buffer.concat([chunkedAnswer("x", []), Buffer.from("more")])])).toThrow("longer");
    expect(() => read([answer("x\r\n", "Transfer-Encoding: chunked")])).toThrow("no size");
    expect(() => read([answer("1".repeat(100), "Transfer-Encoding: chunked")])).toThrow("should be");
  });
});
