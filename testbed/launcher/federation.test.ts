import { describe, expect, it } from "vitest";
import { cast } from "./cast.ts";
import { databaseOf } from "./federation.ts";
import { MOST_NODES } from "./flags.ts";

describe("the cast", () => {
  it("has another name, person and port for each of the most servers that there can be", () => {
    const members = cast(MOST_NODES, 5000);
    expect(members.slice(0, 3).map(({ server, account }) => [server.origin, account.address])).toEqual([
      ["http://localhost:5000", "alice@localhost:5000"],
      ["http://localhost:5001", "bob@localhost:5001"],
      ["http://localhost:5002", "carol@localhost:5002"],
    ]);
    for (const pick of [(m: (typeof members)[0]) => m.server.name, (m: (typeof members)[0]) => m.account.username]) {
      expect(new Set(members.map(pick)).size).toBe(MOST_NODES);
    }
  });

  it("has new passwords each time", () => {
    const passwords = (): string[] => cast(MOST_NODES, 5000).map(({ account }) => account.password);
    expect(passwords()).not.toEqual(passwords());
  });
});

describe("the database of a server", () => {
  it.each([
    ["mongodb://localhost:27017", "mongodb://localhost:27017/ocm_beta"],
    ["mongodb://localhost:27017/", "mongodb://localhost:27017/ocm_beta"],
    ["mongodb://u:p@a:1,b:2/x?replicaSet=rs0&w=1", "mongodb://u:p@a:1,b:2/ocm_beta?replicaSet=rs0&w=1"],
    ["mongodb+srv://cluster.example.org?tls=true", "mongodb+srv://cluster.example.org/ocm_beta?tls=true"],
  ])("keeps hosts and options of %s", (url, expected) => {
    expect(databaseOf(url, "beta")).toBe(expected);
  });
});
