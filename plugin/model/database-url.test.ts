import { describe, expect, it } from "vitest";
import { DatabaseRefused } from "./database-refused.ts";
import { parseDatabaseUrl } from "./database-url.ts";

describe("The option database", () => {
  it.each([
    ["file:./ocm.sqlite", "./ocm.sqlite"],
    ["file:/var/lib/ocm 100%.sqlite", "/var/lib/ocm 100%.sqlite"],
    ["file:///var/lib/ocm%20x.sqlite", "/var/lib/ocm x.sqlite"],
    ["file::memory:", ":memory:"],
  ])("names a SQLite database: %s", (url, path) => {
    expect(parseDatabaseUrl(url)).toEqual({ kind: "sqlite", path });
  });

  it.each([
    ["mongodb://localhost/ocm", "ocm"],
    ["mongodb://u:p%40@a:1,b:2,c:3/ocm_alpha?replicaSet=rs0", "ocm_alpha"],
    ["mongodb+srv://cluster.example.org/o%63m", "ocm"],
  ])("names a MongoDB database: %s", (url, name) => {
    expect(parseDatabaseUrl(url)).toEqual({ kind: "mongodb", url, name });
  });

  it.each(["", "file:", "file://host/x", "ocm.sqlite", "postgres://a/b", "mongodb://localhost", "mongodb://a/?x=/y"])(
    "is refused with a sentence where it names none: %s",
    (url) => {
      expect(() => parseDatabaseUrl(url)).toThrow(DatabaseRefused);
    },
  );
});
