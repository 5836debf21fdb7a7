import { describe, expect, it } from "vitest";
import type { OcmOptions } from "./options.ts";
import type { Host } from "./ports/host.ts";
import { readSettings, relaxations } from "./settings.ts";

const host = {} as Host;
const read = (options: Partial<OcmOptions>) =>
  readSettings({ origin: "https://cloud.example.org", database: "file::memory:", host, ...options });

describe("the options", () => {
  it("give the host of the OCM Addresses, without the default port", () => {
    expect(read({ origin: "https://Cloud.Example.org:443/" })).toMatchObject({
      origin: "https://cloud.example.org",
      ownHost: "cloud.example.org",
      prefix: "/ocm",
      publicPath: "",
      name: "cloud.example.org",
    });
    expect(read({ origin: "http://localhost:8080" }).ownHost).toBe("localhost:8080");
  });

  it.each([
    ["no URL", "cloud.example.org"],
    ["another scheme", "ftp://cloud.example.org"],
    ["a path", "https://cloud.example.org/cloud"],
    ["credentials", "https://me:secret@cloud.example.org"],
    ["plain http on the internet", "http://cloud.example.org"],
    ["plain http in a private network", "http://10.1.2.3"],
  ])("refuse an origin with %s", (_, origin) => {
    expect(() => read({ origin })).toThrow(TypeError);
  });

  it.each(["ocm", "/ocm/", "/", "/a b", "/../x?"])("refuse the prefix %j", (prefix) => {
    expect(() => read({ prefix })).toThrow(/prefix/);
  });

  it("say each time what has been relaxed", () => {
    expect(relaxations({ origin: "https://a.example", database: "file::memory:", host })).toEqual([]);
    const relaxed = relaxations({
      origin: "https://a.example",
      database: "file::memory:",
      host,
      trust: { signatures: "optional" },
      peers: {
        "lab.example": { allowInsecureHttp: true, allowPrivateAddresses: true, signatures: "if-peer-signs" },
        "plain.example": { ca: "…" },
      },
      wayf: { directories: [{ url: "https://directory.example/", dangerouslyAllowUnsigned: true }] },
    });
    expect(relaxed).toHaveLength(5);
    expect(relaxed.join(" ")).toMatch(
      /trust\.signatures.*lab\.example.*plain http.*private address.*Unsigned.*directory https:\/\/directory\.example\/ need not be signed/,
    );
  });
});
