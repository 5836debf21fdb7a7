import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../adapter/run-script.test-helper.ts";
import { newPeer } from "./peer-identity.ts";
import { prepare } from "./prepare.ts";
import { never, type Target } from "./target.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-prepare-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the preparation of a script", () => {
  it("waits for a share that the server sends after it has answered", async () => {
    const server = await serve((request, response) => {
      request.resume();
      const answer = request.url === "/ocm/token" ? { access_token: "a token" } : { id: "1", status: "announcing" };
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
    let looks = 0;
    const { documents: _documents, ...peer } = newPeer("peer.example", "https");
    const share = async () => (++looks < 3 ? null : { providerId: "7", sharedSecret: "secret", uri: "it" });
    const person = { name: "one", origin: server.origin, username: "a", password: "b", address: "a@one.example" };
    const target: Target = {
      name: "one slow server",
      servers: [person],
      recipients: 0,
      peers: {
        start: async () => ({ all: [{ ...peer, share }], close: async () => undefined }),
        startDead: async () => ({ hosts: [], close: async () => undefined }),
      },
      folderOf: () => folder,
      cpuSeconds: () => undefined,
      ended: never,
      close: async () => undefined,
    };
    try {
      const run = {
        name: "get",
        profile: "smoke",
        times: 1,
        shorten: 1,
        target,
        folder: join(folder, "data"),
      } as const;
      const { close } = await prepare(run);
      await close();
      expect(looks).toBe(3);
      const world = JSON.parse(await readFile(join(folder, "data", "world.json"), "utf8"));
      expect(world.shares.file).toEqual({ url: `${server.origin}/ocm/dav/it`, accessToken: "a token" });
    } finally {
      await server.close();
    }
  });
});
