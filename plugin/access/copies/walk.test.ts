import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testSystem } from "../../model/test-system.test-helper.ts";
import { amountOf, type Source, type SourceEntry, type Step, walk } from "./walk.ts";

type Folder = { [name: string]: Folder | number };

const name = fc.constantFrom("a", "b", "a b", "a-", "A", "é", "文", "a.txt", "0");
const { tree } = fc.letrec<{ tree: Folder; node: Folder | number }>((tie) => ({
  tree: fc.dictionary(name, tie("node"), { maxKeys: 4 }),
  node: fc.oneof({ maxDepth: 3 }, fc.nat(1000), tie("tree")),
}));

function sourceOf(root: Folder, shuffle: (entries: SourceEntry[]) => SourceEntry[] = (entries) => entries) {
  const listed: string[] = [];
  const at = (path: string): Folder | number =>
    path === "" ? root : path.split("/").reduce<Folder | number>((folder, part) => (folder as Folder)[part] ?? 0, root);
  const entry = (path: string): SourceEntry => {
    const node = at(path);
    const isFile = typeof node === "number";
    return { path, type: isFile ? "file" : "folder", size: isFile ? node : null, modifiedAt: null, etag: null };
  };
  const children = (path: string) => {
    listed.push(path);
    return shuffle(Object.keys(at(path)).map((child) => entry(path === "" ? child : `${path}/${child}`)));
  };
  const source: Source = {
    top: async () => ({ entry: entry(""), children: children("") }),
    children: async (path) => children(path),
  };
  return { source, listed };
}

async function all(source: Source, after: string | null): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of walk(source, after, testSystem)) steps.push(step);
  return steps;
}

describe("the walk over what is copied", () => {
  it("is the same from any point on, however folders are listed, and lists none twice nor one that is complete", async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), async (root, at) => {
        const first = sourceOf(root);
        const whole = (await all(first.source, null)).map(({ entry }) => entry.path);
        expect(new Set(first.listed).size).toBe(first.listed.length);
        expect(whole[0]).toBe("");
        for (const [index, path] of whole.entries()) {
          const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
          expect(whole.indexOf(parent)).toBeLessThanOrEqual(index);
        }
        const point = at % whole.length;
        const second = sourceOf(root, (entries) => entries.reverse());
        const rest = await all(second.source, whole[point] ?? null);
        expect(rest.map(({ entry }) => entry.path)).toEqual(whole.slice(point + 1));
        const finished = whole
          .slice(0, point)
          .filter((path) => !`${whole[point]}/`.startsWith(`${path}/`) && path !== "");
        for (const path of second.listed) expect(finished).not.toContain(path);
      }),
      { numRuns: 500 },
    );
  });

  it("knows what is left, exactly, as soon as every folder is listed", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (root) => {
        const steps = await all(sourceOf(root).source, null);
        const files = steps.filter(({ entry }) => entry.type === "file");
        for (const [index, { entry, rest }] of steps.entries()) {
          if (rest === null) continue;
          const left = files.filter((file) => steps.indexOf(file) >= index);
          expect(entry.type).toBe("file");
          expect(rest.files).toBe(left.length);
          expect(rest.bytes).toBe(left.reduce((sum, file) => sum + (file.entry.size ?? 0), 0));
        }
        const amount = await amountOf(sourceOf(root).source, new AbortController().signal, testSystem);
        expect(amount.files).toBe(files.length);
      }),
    );
  });

  it("of a single file is that file, once", async () => {
    const entry: SourceEntry = { path: "", type: "file", size: 3, modifiedAt: null, etag: null };
    const source: Source = { top: async () => ({ entry, children: [] }), children: async () => [] };
    expect(await all(source, null)).toEqual([{ entry, rest: { files: 1, bytes: 3 } }]);
    expect(await all(source, "")).toEqual([]);
    const unknown = { ...entry, size: null };
    const [step] = await all({ ...source, top: async () => ({ entry: unknown, children: [] }) }, null);
    expect(step?.rest).toBeNull();
  });
});
