import { describe, expect, it } from "vitest";
import type { IncomingShare } from "../../ports/records.ts";
import { incomingShare } from "../remote/peer-client.test-helper.ts";
import { memoryShares } from "./memory-shares.test-helper.ts";
import { mountedShares, permissionsOf, placeOf } from "./mounted-shares.ts";

function catalogue(...shares: Partial<IncomingShare>[]) {
  const records = shares.map((changes, index) => {
    const share = incomingShare("http://a.example", { id: `id-${index}`, createdAt: index, ...changes });
    return [share.id, share] as const;
  });
  return { store: { incoming: memoryShares(new Map(records)) }, system: { now: () => 1000 } };
}

async function names(deps: ReturnType<typeof catalogue>): Promise<string[]> {
  return (await mountedShares(deps, "bob")).map(({ name }) => name);
}

describe("the shares at the top of the tree", () => {
  it("are all of them, however many there are", async () => {
    const many = Array.from({ length: 2500 }, (_, index) => ({ name: `share ${index}` }));
    expect(await names(catalogue(...many))).toHaveLength(2500);
  });

  it("keep their names when one that came earlier is accepted later", async () => {
    const [early, late]: Partial<IncomingShare>[] = [{ owner: "carol@c.example" }, {}];
    const before = await names(catalogue({ ...early, status: "pending" }, { ...late }));
    expect(before).toEqual(["Documents (alice@a.example)"]);
    expect(await names(catalogue({ ...early }, { ...late }))).toEqual(["Documents", ...before]);
  });

  it("are those that are accepted and have not expired, and files and folders only", async () => {
    const deps = catalogue(
      { name: "a", expiresAt: 1000 },
      { name: "b", expiresAt: 1001 },
      { name: "c", status: "declined" },
      { name: "d", resourceType: "calendar" },
      { name: "e", user: "carol" },
    );
    expect(await names(deps)).toEqual(["b"]);
  });
});

describe("a path of the tree", () => {
  const deps = catalogue({ name: "Zo\u00eb & 100 %" }, { name: "a.txt", resourceType: "file" });

  it("names the top, a share, or something in it", async () => {
    for (const top of ["", "/"]) expect(await placeOf(deps, "bob", top)).toMatchObject({ top: true });
    expect(await placeOf(deps, "bob", "/Zo%C3%AB%20%26%20100%20%25/")).toMatchObject({ path: "", hasSlash: true });
    const inner = await placeOf(deps, "bob", "/Zo%C3%AB%20&%20100%20%25/a%2520b/c");
    expect(inner).toMatchObject({ path: "a%20b/c", segments: ["a%20b", "c"], hasSlash: false, share: { id: "id-0" } });
    expect(await placeOf(deps, "bob", "/a.txt/")).toMatchObject({ share: { id: "id-1" }, path: "" });
  });

  it("finds a share whose accents are written in another form", async () => {
    expect(await placeOf(deps, "bob", "/Zoe%CC%88%20%26%20100%20%25")).toMatchObject({ share: { id: "id-0" } });
  });

  it.each(["/other", "/a.txt/b", "/zo%C3%AB%20%26%20100%20%25"])("names nothing: %s", async (path) => {
    await expect(placeOf(deps, "bob", path)).rejects.toMatchObject({ code: "resource-missing" });
  });

  it.each(["/a/../b", "/a/%2e%2e/b", "/a%2fb", "/a%5cb", "//a", "/a%00", "/%ff"])("is refused: %s", async (path) => {
    await expect(placeOf(deps, "bob", path)).rejects.toMatchObject({ code: "path-invalid" });
  });
});

describe("what a share permits", () => {
  it("is what was told, and in the deprecated form perhaps more, which only the owner's server knows", () => {
    expect(permissionsOf({ form: "object", permissions: ["read"] })).toEqual(["read"]);
    expect(permissionsOf({ form: "options", permissions: ["read"] })).toEqual(["read", "write"]);
    expect(permissionsOf({ form: "options", permissions: ["read", "write"] })).toEqual(["read", "write"]);
  });
});
