import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { HostEntry } from "../../ports/host.ts";
import { parseHttpDate } from "./http-date.ts";
import { checkPreconditions, entityTag, expectedEtag, ifRangeHolds } from "./preconditions.ts";
import type { DavRequest } from "./request.ts";

const TIME = Date.parse("2026-11-24T10:00:00Z");
const entry: HostEntry = { name: "f", type: "file", size: 1, modifiedAt: TIME + 400, etag: "e1" };
const request = (method: string, headers: Record<string, string>): DavRequest => ({
  method,
  path: "/f",
  headers,
  body: Readable.from([]),
});
const before = "Tue, 24 Nov 2026 09:59:59 GMT";
const same = "Tue, 24 Nov 2026 10:00:00 GMT";

/** 200: goes on. */
function outcome(method: string, headers: Record<string, string>, of: HostEntry | undefined): number {
  try {
    return checkPreconditions(request(method, headers), of) === "go-on" ? 200 : 304;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe("preconditions", () => {
  it.each([
    ["GET", { "if-match": '"e1"' }, 200, 412],
    ["GET", { "if-match": '"e0" , "e1"' }, 200, 412],
    ["GET", { "if-match": "*" }, 200, 412],
    ["GET", { "if-match": '"e2"' }, 412, 412],
    ["GET", { "if-match": 'W/"e1"' }, 412, 412],
    ["PUT", { "if-match": '"e1"', "if-unmodified-since": before }, 200, 412],
    ["GET", { "if-none-match": '"e1"' }, 304, 200],
    ["HEAD", { "if-none-match": 'W/"e1"' }, 304, 200],
    ["GET", { "if-none-match": '"e2",,"e1",' }, 304, 200],
    ["GET", { "if-none-match": '"e2"', "if-modified-since": same }, 200, 200],
    ["PUT", { "if-none-match": "*" }, 412, 200],
    ["PUT", { "if-none-match": '"e1"' }, 412, 200],
    ["PROPFIND", { "if-none-match": '"e1"' }, 412, 200],
    ["PROPFIND", { "if-none-match": '"e2"' }, 200, 200],
    ["PUT", { "if-match": "*", "if-none-match": "*" }, 412, 412],
    ["GET", { "if-match": '"e1"', "if-none-match": '"e1"' }, 304, 412],
    ["GET", { "if-modified-since": same }, 304, 200],
    ["GET", { "if-modified-since": before }, 200, 200],
    ["PUT", { "if-modified-since": same }, 200, 200],
    ["PUT", { "if-unmodified-since": same }, 200, 200],
    ["PUT", { "if-unmodified-since": before }, 412, 200],
    ["PUT", { "if-unmodified-since": "2001" }, 200, 200],
    ["GET", { "if-modified-since": "soon" }, 200, 200],
    ["PUT", { if: '(["other"])' }, 200, 200],
  ])("%s with %j gives %i for the file and %i for nothing", (method, headers, forFile, forNothing) => {
    expect(outcome(method, headers as Record<string, string>, entry)).toBe(forFile);
    expect(outcome(method, headers as Record<string, string>, undefined)).toBe(forNothing);
  });

  it.each(["", " ", ",", "e1", '"e1', 'e1"', '"e 1"', '"e1" "e2"', 'w/"e1"', "*, *", '*, "e1"', '"e1"; "e2"'])(
    "refuse %j as a list of entity tags",
    (value) => {
      for (const name of ["if-match", "if-none-match"]) {
        expect(outcome("PUT", { [name]: value }, entry)).toBe(400);
        expect(outcome("GET", { [name]: value }, undefined)).toBe(400);
      }
    },
  );

  it("take no long time, whatever is in them", () => {
    const begun = performance.now();
    for (const part of [",", " ", '"', '"e1",', "W/", '" ', "a"]) {
      for (const start of ["", '"', '"e1"'])
        outcome("PUT", { "if-match": `${start}${part.repeat(131_072 / part.length)}x` }, entry);
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it.each([
    [{}, undefined, undefined],
    [{ "if-match": '"e1"' }, "e1", null],
    [{ "if-match": "*" }, "e1", null],
    [{ "if-none-match": "*" }, null, null],
    [{ "if-none-match": '"e2"' }, undefined, undefined],
    [{ if: '(["e1"])' }, "e1", null],
    [{ if: '(<urn:x> Not ["e2"])' }, "e1", null],
    [{ if: "(<urn:x>)" }, undefined, undefined],
    [{ "if-unmodified-since": same }, "e1", undefined],
    [{ "if-unmodified-since": "never" }, undefined, undefined],
  ])("%j let a write expect %j, and %j where nothing is", (headers, forFile, forNothing) => {
    expect(expectedEtag(request("PUT", headers as Record<string, string>), entry)).toBe(forFile);
    expect(expectedEtag(request("PUT", headers as Record<string, string>), undefined)).toBe(forNothing);
  });

  it.each([
    [undefined, true],
    ['"e1"', true],
    ['"e2"', false],
    ['W/"e1"', false],
    [same, true],
    [before, false],
    ["e1", false],
    ["", false],
  ])("say that If-Range %j holds: %j", (value, holds) => {
    expect(ifRangeHolds(request("GET", value === undefined ? {} : { "if-range": value }), entry)).toBe(holds);
  });

  it("read a date in each of its three forms, and nothing else", () => {
    for (const date of [same, "Tuesday, 24-Nov-26 10:00:00 GMT", "Tue Nov 24 10:00:00 2026"]) {
      expect(parseHttpDate(date)).toBe(TIME);
    }
    for (const date of [
      "2026-11-24T10:00:00Z",
      "5",
      "Tue, 24 Nov 2026 10:00:00 +0100",
      "Tue, 99 Nov 2026 10:00:00 GMT",
    ]) {
      expect(parseHttpDate(date)).toBeUndefined();
    }
  });

  it("quote an entity tag so that it can be read again", () => {
    const odd = { ...entry, etag: 'a "b" é\n' };
    expect(entityTag(odd)).toBe('"a%20%22b%22%20%C3%A9%0A"');
    expect(outcome("PUT", { "if-match": entityTag(odd) }, odd)).toBe(200);
  });
});
