import { once } from "node:events";
import { get, type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakeAnswer, FakePeer, FakeRequest } from "../flows/fake-peer.test-helper.ts";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { basicHeader } from "../flows/host.test-helper.ts";
import { exchange } from "../flows/http.test-helper.ts";
import type { Person } from "../flows/person.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";

interface Entry {
  href: string;
  folder?: boolean;
  props?: string;
}

function listing(entries: readonly Entry[]): FakeAnswer {
  const responses = entries.map(
    ({ href, folder = false, props = "" }) =>
      `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype>${folder ? "<d:collection/>" : ""}</d:resourcetype>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`,
  );
  const body = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${responses.join("")}</d:multistatus>`;
  return { status: 207, headers: { "content-type": "application/xml" }, body };
}

const size = (bytes: number) => `<d:getcontentlength>${bytes}</d:getcontentlength>`;

/** A file that begins and then comes a byte at a time. */
function drip(bytes: number): FakeAnswer {
  const body = (async function* () {
    yield Buffer.alloc(4_096);
    for (;;) {
      await delay(100);
      yield Buffer.alloc(1);
    }
  })();
  return { headers: { "content-length": String(bytes), etag: '"1"' }, body };
}

describe.each(flowDatabases())(
  "The server of an owner that attacks those who use its shares, on $name,",
  (database) => {
    let world: Federation<"beta">;
    let peers = 0;

    beforeAll(async () => {
      world = await federation(database, { beta: {} });
    });
    afterAll(() => world.close());

    async function given(
      dav: (request: FakeRequest) => FakeAnswer | undefined,
      more: Record<string, unknown> = {},
    ): Promise<{ bob: Person; id: string; peer: FakePeer; asked: () => FakeRequest[]; name: string }> {
      const bob = await world.servers.beta.person();
      const peer = await world.fakePeer();
      peer.script = (request) => (request.path.startsWith("/dav/") ? dav(request) : undefined);
      peers += 1;
      const name = `Folder ${peers}`;
      const protocol = {
        name: "multi",
        webdav: { uri: "fake", sharedSecret: "fakeSecretOfTheShare", permissions: ["read", "write"] },
      };
      const json = peer.notice(bob.address, { name, resourceType: "folder", protocol, ...more });
      expect((await peer.post(world.servers.beta, { path: "/ocm/shares", json })).status).toBe(201);
      const [share] = await bob.received();
      if (share === undefined) throw new Error("There is no share.");
      await bob.acceptShare(share.id);
      const asked = () => peer.received.filter(({ path }) => path.startsWith("/dav/"));
      return { bob, id: share.id, peer, asked, name };
    }

    async function start(bob: Person, share: string): Promise<string> {
      const copy = { share, direction: "from-share", remotePath: "", localPath: "/copy" };
      const answer = await bob.ask("POST", "/copies", copy);
      expect(answer.status, answer.text).toBe(202);
      return (answer.json as { id: string }).id;
    }

    const copyOf = async (bob: Person, id: string) =>
      (await bob.ask("GET", `/copies/${id}`)).json as { status: string; bytesDone: number; current: string | null };

    it("stops no copy of other people with sizes beyond all numbers", async () => {
      const evil = await given(({ method }) =>
        method === "PROPFIND"
          ? listing([
              { href: "/dav/fake/", folder: true },
              { href: "/dav/fake/a", props: size(Number.MAX_SAFE_INTEGER) },
              { href: "/dav/fake/b", props: size(Number.MAX_SAFE_INTEGER) },
            ])
          : { status: 503 },
      );
      const good = await given(({ method }) =>
        method === "PROPFIND"
          ? listing([
              { href: "/dav/fake/", folder: true },
              { href: "/dav/fake/a", props: size(3) },
            ])
          : { body: "abc" },
      );
      const first = await start(evil.bob, evil.id);
      await eventually("the attempt", async () => (evil.asked().length > 1 ? true : undefined));
      const second = await start(good.bob, good.id);
      await eventually("the other copy", async () =>
        (await copyOf(good.bob, second)).status === "done" ? true : undefined,
      );
      expect((await evil.bob.ask("DELETE", `/copies/${first}`)).status).toBe(200);
    });

    it("gets no name into a listing that could be mistaken for a path, and no field into an answer", async () => {
      const names = [
        "%2e%2e",
        "..%2f..%2fetc",
        "a%5cb",
        "nul%00",
        "line%0d%0aX-Evil:1",
        "good",
        "good",
        "http:%2f%2fx",
      ];
      const { bob, id } = await given(({ method }) =>
        method === "PROPFIND"
          ? listing([
              { href: "http://elsewhere.example/dav/fake/", folder: true },
              ...names.map((name) => ({
                href: `http://elsewhere.example/dav/fake/${name}`,
                props:
                  '<d:getetag>"x&#13;&#10;X-Evil: 1"</d:getetag><d:getcontenttype>text/html&#10;X-Evil:1</d:getcontenttype>',
              })),
            ])
          : {
              headers: { etag: '"a", "b', "content-type": "text/html; x=<script>" },
              body: "<script>alert(1)</script>",
            },
      );
      const opened = (await bob.ask("GET", `/shares/received/${id}/entries`)).json as { children: object[] };
      expect(opened.children).toMatchObject([{ name: "good", path: "good", etag: null, mediaType: null }]);
      const file = await bob.open(id, "good");
      expect(file.headers).toMatchObject({ "content-type": "application/octet-stream" });
      expect(file.headers.etag).toBeUndefined();
      expect(file.headers["content-disposition"]).toContain("attachment");
    });

    it.each(["PROPFIND", "GET", "PUT"])("cannot send a %s on to somebody else", async (method) => {
      const { asked: elsewhere, peer } = await given(() => undefined);
      const { bob, id } = await given((request) =>
        request.method === method
          ? { status: 307, headers: { location: `${peer.origin}/dav/fake/x` } }
          : listing([{ href: request.path }]),
      );
      const ask = {
        PROPFIND: () => bob.ask("GET", `/shares/received/${id}/entries`),
        GET: () => bob.open(id, "x"),
        PUT: () => bob.write(id, "x", "content"),
      }[method];
      expect((await ask?.())?.status).toBe(502);
      expect(elsewhere()).toEqual([]);
    });

    it("is asked a bounded number of times, whatever tokens it hands out to refuse them", async () => {
      const { bob, id, asked, peer } = await given(() => ({ status: 401 }));
      expect((await bob.open(id, "x")).status).toBe(502);
      expect(asked().length).toBeLessThanOrEqual(4);
      expect(peer.told("token").length).toBeLessThanOrEqual(2);
    });

    it("cannot keep this server from closing, nor from going on with the copy", async () => {
      let slow = true;
      const bytes = 3 * 2 ** 20;
      const { bob, id } = await given(({ method }) => {
        if (method === "PROPFIND")
          return listing([{ href: "/dav/fake", props: `${size(bytes)}<d:getetag>"1"</d:getetag>` }]);
        return slow ? drip(bytes) : { headers: { etag: '"1"' }, body: "x".repeat(bytes) };
      });
      const copy = await start(bob, id);
      await eventually("some bytes", async () => ((await copyOf(bob, copy)).bytesDone > 0 ? true : undefined));
      const begun = performance.now();
      await world.servers.beta.restart();
      expect(performance.now() - begun).toBeLessThan(3_000);
      slow = false;
      await eventually("the copy", async () => ((await copyOf(bob, copy)).status === "done" ? true : undefined));
      expect(await bob.own("/copy")).toBe("x".repeat(bytes));
    });

    it("hears at once that a download was broken off here", async () => {
      let gone = false;
      const { bob, id, name } = await given(({ method }) => {
        if (method === "PROPFIND") return listing([{ href: "/dav/fake/", folder: true }]);
        const { headers, body } = drip(2 ** 20);
        const told = (async function* () {
          try {
            if (body !== undefined && typeof body === "object" && Symbol.asyncIterator in body) yield* body;
          } finally {
            gone = true;
          }
        })();
        return { ...(headers === undefined ? {} : { headers }), body: told };
      });
      const made = (await bob.ask("POST", "/passwords", { name: "Laptop" })).json as { password: string };
      world.secrets.add(made.password);
      const user = basicHeader({ ...bob.account, password: made.password });
      const origin = world.servers.beta.origin;
      for (const [url, authorization] of [
        [`${origin}/ocm/dav/remote/${encodeURIComponent(name)}/x`, user],
        [`${origin}/ocm/api/v1/shares/received/${id}/content/x`, basicHeader(bob.account)],
      ] as const) {
        gone = false;
        const download = get(url, { headers: { authorization } });
        download.on("error", () => {});
        const [response] = (await once(download, "response")) as [IncomingMessage];
        expect(response.statusCode).toBe(200);
        await once(response, "data");
        response.on("error", () => {});
        download.destroy();
        await eventually("the end there", async () => (gone ? true : undefined));
      }
    });

    it("gets no more of an upload once the app password that it comes with is revoked", async () => {
      const { bob, asked, name } = await given(({ method, path }) =>
        method === "PROPFIND" ? listing([{ href: path, folder: true }]) : { status: 201, body: "" },
      );
      const made = (await bob.ask("POST", "/passwords", { name: "Laptop" })).json as { id: string; password: string };
      world.secrets.add(made.password);
      const url = `${world.servers.beta.origin}/ocm/dav/remote/${encodeURIComponent(name)}/endless`;
      const authorization = basicHeader({ ...bob.account, password: made.password });
      const upload = request(url, { method: "PUT", headers: { authorization } });
      const answered = new Promise<number | undefined>((resolve, reject) => {
        upload.once("response", (answer) => resolve(answer.resume().statusCode));
        upload.once("error", reject);
      });
      let over = false;
      const sending = (async () => {
        while (!over) {
          upload.write(Buffer.alloc(65_536));
          await delay(20);
        }
      })();
      await delay(300);
      expect((await bob.ask("DELETE", `/passwords/${made.id}`)).status).toBe(204);
      expect(await Promise.race([answered, delay(2_000, "no answer", { ref: false })])).toBe(401);
      over = true;
      await sending;
      upload.destroy();
      expect(asked().filter(({ method }) => method === "PUT")).toEqual([]);
    });

    it("has no copy left when the account that it was for is gone", async () => {
      const { bob, id } = await given(({ method }) =>
        method === "PROPFIND" ? listing([{ href: "/dav/fake", props: size(2 ** 20) }]) : drip(2 ** 20),
      );
      const copy = await start(bob, id);
      await eventually("some bytes", async () => ((await copyOf(bob, copy)).bytesDone > 0 ? true : undefined));
      await world.servers.beta.ocm().api.userRemoved(bob.id);
      expect((await bob.ask("GET", `/copies/${copy}`)).status).toBe(404);
      expect(await bob.own("/copy").catch(() => "nothing")).toBe("nothing");
    });

    it("gives nothing to whoever has a stolen app password but the tree, and other people's not at all", async () => {
      const { bob, id } = await given(() => listing([{ href: "/dav/fake/", folder: true }]));
      const carol = await world.servers.beta.person();
      const made = (await carol.ask("POST", "/passwords", { name: "Laptop" })).json as { id: string; password: string };
      world.secrets.add(made.password);
      const origin = world.servers.beta.origin;
      const ask = (path: string, as: Person, method = "GET") =>
        exchange({
          method,
          url: `${origin}/ocm${path}`,
          headers: { authorization: basicHeader({ ...as.account, password: made.password }) },
        });
      for (const path of ["/copies", "/passwords", "/shares/received", "/me"]) {
        expect((await ask(`/api/v1${path}`, carol)).status, path).toBe(401);
      }
      expect((await ask("/dav/remote/", bob, "PROPFIND")).status).toBe(401);
      expect((await ask("/dav/remote/", carol, "PROPFIND")).status).toBe(207);
      const copy = await start(bob, id);
      const others = [
        ["GET", `/copies/${copy}`],
        ["DELETE", `/copies/${copy}`],
        ["GET", `/shares/received/${id}/entries`],
        ["GET", `/shares/received/${id}/content/x`],
        ["DELETE", `/passwords/${made.id}`],
      ] as const;
      for (const [method, path] of others) {
        const as = path.startsWith("/passwords") ? bob : carol;
        expect((await as.ask(method, path)).status, path).toBe(404);
      }
      const theirs = { share: id, direction: "from-share", remotePath: "", localPath: "/stolen" };
      expect((await carol.ask("POST", "/copies", theirs)).status).toBe(404);
    });
  },
);
