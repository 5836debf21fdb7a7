import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OcmError } from "../../protocol/errors.ts";
import { resolveNode } from "./share-node.ts";
import { encodeSharePath, isUsableName, parseSharePath } from "./share-path.ts";

const names = [
  "plain.txt",
  "with space",
  "100%",
  "a#b",
  "what?",
  "🦊.txt",
  "é".normalize("NFC"),
  "é".normalize("NFD"),
  "a&b<c>",
];

function refusal(path: string): string | undefined {
  try {
    parseSharePath(path);
    return undefined;
  } catch (error) {
    return error instanceof OcmError ? error.code : String(error);
  }
}

describe("paths within a share", () => {
  it("come back as they were encoded, each Unicode form as itself", () => {
    expect(parseSharePath(encodeSharePath(names))).toEqual(names);
    expect(parseSharePath("/e%CC%81")).toEqual(["e\u0301"]);
    expect(parseSharePath("/%C3%A9")).toEqual(["\u00e9"]);
  });

  it("have 128 segments at most", () => {
    expect(parseSharePath("/a".repeat(128))).toHaveLength(128);
    expect(parseSharePath(`${"/a".repeat(128)}/`)).toHaveLength(128);
    expect(() => parseSharePath("/a".repeat(129))).toThrow(expect.objectContaining({ status: 414 }));
  });

  it("may end in a slash and are decoded once", () => {
    expect(parseSharePath("")).toEqual([]);
    expect(parseSharePath("/")).toEqual([]);
    expect(parseSharePath("/a/b/")).toEqual(["a", "b"]);
    expect(parseSharePath("/%252e%252e")).toEqual(["%2e%2e"]);
  });

  it.each([
    "/..",
    "/../x",
    "/a/../b",
    "/a/..",
    "/.",
    "/%2e%2e/x",
    "/.%2E",
    "/a%2fb",
    "/a%2Fb",
    "/..%2f..%2fetc",
    "/a%5cb",
    "/a\\b",
    "/..\\x",
    "/a%00",
    "/a%0a",
    "/a%7f",
    "//",
    "//a",
    "/a//b",
    "/a//",
    "/%ff",
    "/%c0%ae%c0%ae/",
    "/%",
    "/a%2",
    "/a b",
    "/a#b",
    "/é",
    "a",
    "../x",
  ])("refuse %s", (path) => {
    expect(refusal(path)).toBe("path-invalid");
  });

  it("never lead out of the share, and never fail with anything but an OcmError", () => {
    const pieces = fc.constantFrom(
      "..",
      ".",
      "%2e",
      "%2f",
      "%5c",
      "\\",
      "/",
      "//",
      "a",
      "%00",
      "%",
      "%c3%a9",
      "~",
      ";",
    );
    const paths = fc.oneof(
      fc.string(),
      fc.array(pieces).map((parts) => `/${parts.join("")}`),
      fc.webPath(),
    );
    fc.assert(
      fc.property(paths, fc.constantFrom("/", "/docs", "/docs/deep"), (path, root) => {
        const share = { user: "alice", path: root, name: "n", resourceType: "folder", permissions: [] } as const;
        let node: ReturnType<typeof resolveNode>;
        try {
          node = resolveNode({ share: { ...share, permissions: [] }, base: "/dav/1" }, path);
        } catch (error) {
          expect(error).toBeInstanceOf(OcmError);
          return;
        }
        const prefix = root === "/" ? "/" : `${root}/`;
        expect(node.path === root || node.path.startsWith(prefix)).toBe(true);
        const inner = node.path === root ? [] : node.path.slice(prefix.length).split("/");
        expect(inner.every(isUsableName)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("print and parse to the same names, whatever they are", () => {
    const usable = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((name) => isUsableName(name) && name.isWellFormed());
    fc.assert(
      fc.property(fc.array(usable), (segments) => {
        expect(parseSharePath(encodeSharePath(segments))).toEqual(segments);
      }),
    );
  });
});
