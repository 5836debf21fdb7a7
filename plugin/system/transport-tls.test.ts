import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { machine } from "./machine.ts";
import { anywhere, failure, get, hello, keep, noLoopback } from "./requests.test-helper.ts";
import {
  closedPort,
  makeCertificates,
  serve,
  serveProxy,
  serveRaw,
  type TestCertificates,
} from "./servers.test-helper.ts";

describe("TLS", () => {
  let certificates: TestCertificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  const system = machine({ lookup: async () => ["127.0.0.1"] });
  afterAll(() => system.close());

  it("trusts an authority of the policy in addition to the machine's", async () => {
    const server = keep(await serve(hello, { tls: certificates.good }));
    const policy = anywhere({ ca: certificates.ca });
    const answer = await system.fetch(get(`https://good.test:${server.port}/`, policy));
    expect(await text(answer.body)).toBe(`hello good.test:${server.port}`);
  });

  it.each([
    ["an unknown authority", "good", "good.test", false, /an authority that is not trusted here/],
    ["a self-signed certificate", "selfSigned", "good.test", true, /is self-signed/],
    ["an expired certificate", "expired", "good.test", true, /has expired/],
    ["a certificate for another host", "good", "other.test", true, /is for another host/],
  ] as const)("refuses %s and says so", async (_name, which, host, withCa, sentence) => {
    const server = keep(await serve(hello, { tls: certificates[which] }));
    const policy = anywhere(withCa ? { ca: certificates.ca } : {});
    const error = await failure(system.fetch(get(`https://${host}:${server.port}/`, policy)));
    expect(error.failure).toBe("tls");
    expect(error.message).toMatch(sentence);
    expect(server.requests).toEqual([]);
  });

  it("says that a peer does not speak TLS", async () => {
    const server = keep(await serve(hello));
    const error = await failure(system.fetch(get(`https://good.test:${server.port}/`, anywhere())));
    expect(error.failure).toBe("tls");
  });

  it("goes through an outbound proxy with the peer's certificate checked end to end", async () => {
    const server = keep(await serve(hello, { tls: certificates.good }));
    const proxy = keep(await serveProxy(server.port));
    const policy = anywhere({ ca: certificates.ca, proxy: `http://127.0.0.1:${proxy.port}` });
    const answer = await system.fetch(get("https://good.test/", policy));
    expect(await text(answer.body)).toBe("hello good.test");
    expect(proxy.requests).toEqual(["CONNECT good.test:443"]);
    const wrong = await failure(system.fetch(get("https://other.test/", policy)));
    expect(wrong.failure).toBe("tls");
  });
});

describe("an outbound proxy", () => {
  it("gets plain http requests as absolute URLs", async () => {
    const server = keep(await serve(hello));
    const proxy = keep(await serveProxy(server.port));
    const policy = anywhere({ proxy: `http://127.0.0.1:${proxy.port}` });
    const system = keep(machine({ lookup: async () => [] }));
    const answer = await system.fetch(get("http://only-the-proxy-knows.test/x", policy));
    expect(await text(answer.body)).toBe("hello only-the-proxy-knows.test");
    expect(proxy.requests).toEqual(["GET http://only-the-proxy-knows.test/x"]);
  });

  it("is not shown addresses and names that the policy refuses", async () => {
    const proxy = keep(await serveProxy(1));
    const policy = noLoopback({ proxy: `http://127.0.0.1:${proxy.port}` });
    const system = keep(machine({ lookup: async () => ["192.0.2.1", "127.0.0.1"] }));
    for (const url of ["http://[::1]/", "https://127.0.0.1/", "https://two-faced.test/"]) {
      expect((await failure(system.fetch(get(url, policy)))).failure).toBe("address-refused");
    }
    expect(proxy.requests).toEqual([]);
  });

  it("fails with a sentence when it refuses or cannot be reached", async () => {
    const proxy = keep(await serveProxy(0));
    const refused = await failure(
      keep(machine()).fetch(get("https://192.0.2.1/", anywhere({ proxy: `http://127.0.0.1:${proxy.port}` }))),
    );
    expect(refused.failure).toBe("connect");
    expect(refused.message).toBe("The outbound proxy answered 403 for 192.0.2.1.");
    const gone = anywhere({ proxy: `http://127.0.0.1:${await closedPort()}` });
    expect((await failure(keep(machine()).fetch(get("https://192.0.2.1/", gone)))).failure).toBe("connect");
  });

  it("has as long as the connection may take", async () => {
    const proxy = keep(await serveRaw(() => {}));
    const policy = anywhere({ proxy: `http://127.0.0.1:${proxy.port}`, timeout: 300 });
    const error = await failure(keep(machine()).fetch(get("https://192.0.2.1/", policy)));
    expect(error.failure).toBe("timeout");
  });
});
