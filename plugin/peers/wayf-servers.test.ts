import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PeerOptions, TrustOptions, WayfOptions } from "../options.ts";
import { hosts } from "../protocol/arbitraries.test-helper.ts";
import { type DirectoryDocument, decodeDirectory } from "../protocol/directory.ts";
import { createPeerSettings } from "./peer-settings.ts";
import { createTrust } from "./trust.ts";
import { createWayfServers, namedServers } from "./wayf-servers.ts";

const directory = (federation: string, servers: Record<string, string>): DirectoryDocument =>
  decodeDirectory({ federation, servers: Object.entries(servers).map(([url, displayName]) => ({ url, displayName })) });

function servers(options: {
  wayf?: WayfOptions;
  trust?: TrustOptions;
  peers?: Record<string, PeerOptions>;
  documents?: DirectoryDocument[];
}) {
  const settings = createPeerSettings(options.peers);
  const state = { documents: options.documents ?? [] };
  const { offered } = createWayfServers({
    named: namedServers(options.wayf ?? {}, options.trust ?? {}),
    anyServer: true,
    trust: createTrust(options.trust, settings),
    settings,
    ownHost: "own.example",
    documents: () => state.documents,
  });
  return { offered, state };
}

describe("the servers that are offered", () => {
  it("are those of the operator and of all directories, each once and under the name that came first (INV-18, INV-20)", () => {
    const { offered } = servers({
      wayf: { servers: { "B.example": "Our friends" } },
      documents: [
        directory("One", {
          "https://b.example": "Not this name",
          "https://c.example": "Zoo",
          "https://d.example": "Ape",
        }),
        directory("Two", {
          "https://c.example:443": "Again",
          "https://e.example:8443": "E",
          "https://own.example": "Us",
        }),
        directory("None", { "https://d.example": "Again" }),
      ],
    });
    expect(offered()).toEqual([
      { title: null, servers: [{ host: "b.example", name: "Our friends" }] },
      {
        title: "One",
        servers: [
          { host: "d.example", name: "Ape" },
          { host: "c.example", name: "Zoo" },
        ],
      },
      { title: "Two", servers: [{ host: "e.example:8443", name: "E" }] },
    ]);
  });

  it("are only those that trust permits, and to be listed is no trust (PROV-06, G-65)", () => {
    const documents = [
      directory("F", { "https://a.example": "A", "https://b.example": "B", "https://x.evil.example": "X" }),
    ];
    const hostsOf = (trust: TrustOptions) =>
      servers({ trust, documents })
        .offered()
        .flatMap((group) => group.servers.map(({ host }) => host));
    expect(hostsOf({ deny: ["*.evil.example"] })).toEqual(["a.example", "b.example"]);
    expect(hostsOf({ allow: ["b.example", "*.example.org", "lab.example:*"] })).toEqual(["b.example"]);
    expect(hostsOf({ allow: ["b.example"], deny: ["b.example"] })).toEqual([]);
  });

  it("with http are offered where the operator permits that for the peer (G-65)", () => {
    const documents = [directory("F", { "http://a.example": "A", "http://b.example": "B" })];
    const { offered } = servers({ documents, peers: { "b.example": { allowInsecureHttp: true } } });
    expect(offered()).toEqual([{ title: "F", servers: [{ host: "b.example", name: "B" }] }]);
  });

  it("follow the directories, and are put together only when something has changed", () => {
    const { offered, state } = servers({ documents: [directory("F", { "https://a.example": "A" })] });
    const first = offered();
    expect(offered()).toBe(first);
    state.documents = [directory("F", {})];
    expect(offered()).toEqual([]);
  });

  it("are 2,000 at most", () => {
    const many = (from: string) =>
      directory(
        from,
        Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`https://${from}${n}.example`, `S${n}`])),
      );
    const { offered } = servers({ documents: [many("a"), many("b")] });
    expect(offered().flatMap((group) => group.servers)).toHaveLength(2000);
  });

  it("are each a host once, whatever directories say", () => {
    const any = fc.array(
      fc
        .dictionary(
          hosts.map((host) => `https://${host}`),
          fc.string({ minLength: 1 }),
          { maxKeys: 8 },
        )
        .map((all) => directory("F", all)),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(any, (documents) => {
        const all = servers({ documents })
          .offered()
          .flatMap((group) => group.servers.map(({ host }) => host));
        expect(new Set(all).size).toBe(all.length);
        const listed = new Set(documents.flatMap((document) => document.servers.map(({ host }) => host)));
        expect(new Set(all)).toEqual(listed);
      }),
    );
  });

  it.each([
    [{ "https://a.example/path": "A" }, /is no server/],
    [{ "a.example": "" }, /needs a name/],
  ])("are refused at the start when they are %j", (named, sentence) => {
    expect(() => namedServers({ servers: named }, {})).toThrow(sentence);
  });
});
