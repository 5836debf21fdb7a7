import { beforeAll, describe, expect, it } from "vitest";
import type { PublicJwk } from "../ports/crypto.ts";
import { keysOf } from "../signing/signing.test-helper.ts";
import { createVerifier } from "../signing/verifier.ts";
import { machine } from "../system/machine.ts";
import {
  closedPort,
  makeCertificates,
  serveProxy,
  serveRaw,
  type TestCertificates,
} from "../system/servers.test-helper.ts";
import { answer, bench, goodPeer } from "./diagnose/bench.test-helper.ts";

const ALL_GOOD = [
  "policy ok",
  "history skipped",
  "dns ok",
  "address ok",
  "tls ok",
  "discovery ok",
  "capabilities ok",
  "keys ok",
  "clock ok",
  "signature ok",
  "self ok",
];
const AFTER_NOTHING = [
  "discovery skipped",
  "capabilities skipped",
  "keys skipped",
  "clock skipped",
  "signature skipped",
];

let certificates: TestCertificates;
beforeAll(() => {
  certificates = makeCertificates();
});
const https = () => ({ allowPrivateAddresses: true, ca: certificates.ca });

describe("the diagnosis of a good peer", () => {
  it("finds nothing wrong, and says what it measured", async () => {
    const here = await bench();
    const peer = await goodPeer();
    const { outline, of, list } = await here.look(peer.host);
    expect(outline).toEqual(ALL_GOOD);
    expect(of("dns").message).toMatch(/^localhost is at (127\.0\.0\.1|::1)/);
    expect(of("discovery").message).toBe(
      `${peer.origin}/.well-known/ocm answers: "Good", OCM 1.4.0, API at ${peer.origin}/ocm.`,
    );
    expect(of("capabilities").message).toContain(
      "Shares to it: by access token only (strict); from it: by access token",
    );
    expect(of("keys").message).toMatch(/jwks\.json: Ed25519 http:\/\/localhost:\d+\/ocm#\S+ is accepted\.$/);
    expect(of("clock").message).toBe("Its clock and ours agree within a second.");
    expect(of("signature").message).toContain('with 400, "RESOURCE_NOT_FOUND (share-unknown)"');
    expect(list.every(({ duration }) => Number.isInteger(duration))).toBe(true);
  });

  it("sends one notification, with a signature that verifies and a share that nobody has", async () => {
    const here = await bench();
    const peer = await goodPeer();
    let verified: { keyid: string } | undefined;
    let sent: { notificationType?: string; providerId?: string } = {};
    peer.answers["/ocm/notifications"] = async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      sent = JSON.parse(body.toString());
      const keys = keysOf(here.host, ...(here.keyring.publicJwks().keys as PublicJwk[]));
      const target = { method: "POST", targetUri: `${peer.origin}${request.url}` };
      verified = await createVerifier({ system: machine(), strictDate: true }).verify(
        { ...target, rawHeaders: request.rawHeaders, body },
        here.host,
        keys,
      );
      answer(404, { message: "SHARE_NOT_FOUND" })(request, response);
    };
    expect((await here.look(`alice@${peer.host}`)).outline).toEqual(ALL_GOOD);
    expect(verified?.keyid).toBe(here.keyring.activeSigningKey().kid);
    expect(sent.notificationType).toBe("SHARE_ACCEPTED");
    expect(sent.providerId).toMatch(/^diagnosis-[0-9a-f]{32}$/);
    expect(peer.requests).toEqual(["GET /.well-known/ocm", "GET /ocm/jwks.json", "POST /ocm/notifications"]);
  });

  it("gives each finding out as soon as it is there", async () => {
    const here = await bench();
    const peer = await goodPeer();
    const { diagnosePeer } = await import("./diagnose.ts");
    for await (const { check } of diagnosePeer(here.dependencies, peer.host)) {
      if (check === "tls") break;
    }
    expect(peer.requests.filter((request) => request.startsWith("GET"))).toEqual([]);
  });

  it("tells protocol, issuer and days left of its certificate", async () => {
    const here = await bench({ peers: { "localhost:*": https() } });
    const peer = await goodPeer({ tls: certificates.good });
    const { outline, of } = await here.look(peer.host);
    expect(outline).toEqual(ALL_GOOD.with(4, "tls warning"));
    expect(of("tls").message).toMatch(/^TLSv1\.3, certificate by "Test CA", 1 days? left, until 20\d\d-\d\d-\d\d\.$/);
    expect(of("tls").next).toBe("Its operator has to renew the certificate.");
  });
});

describe("the way to a peer", () => {
  it("ends at the policy, and nothing is sent", async () => {
    const here = await bench({ trust: { deny: ["localhost"] } });
    const peer = await goodPeer();
    const { outline, of } = await here.look(peer.host);
    expect(outline).toEqual([
      "policy failed",
      "history skipped",
      "dns skipped",
      "address skipped",
      "tls skipped",
      ...AFTER_NOTHING,
      "self ok",
    ]);
    expect(of("policy").message).toContain('it is denied by "localhost"');
    expect(peer.requests).toEqual([]);
  });

  it("says of a text that names no server what would be one", async () => {
    const { list } = await (await bench()).look("not a \u001b[31mhost");
    expect(list).toMatchObject([{ check: "host", status: "failed" }]);
    expect(list[0]?.message).not.toContain("\u001b");
  });

  it("says that a name does not exist", async () => {
    const unknown = () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    const { outline, of } = await (await bench({ lookup: unknown })).look("nobody.example");
    expect(outline.slice(2, 10)).toEqual(["dns failed", "address skipped", "tls skipped", ...AFTER_NOTHING]);
    expect(of("dns").message).toContain("The name does not exist (ENOTFOUND)");
  });

  it.each([
    ["127.0.0.1", "a loopback address", /allowPrivateAddresses: true/],
    ["169.254.169.254", "the metadata service of a cloud", /never permitted/],
  ])("does not connect to %s, %s", async (address, reason, next) => {
    const { outline, of } = await (await bench({ lookup: async () => [address] })).look("peer.example");
    expect(outline.slice(3, 10)).toEqual(["address failed", "tls skipped", ...AFTER_NOTHING]);
    expect(of("address").message).toContain(`${address} (${reason})`);
    expect(of("address").next).toMatch(next);
  });

  it("names the addresses that are permitted beside those that are not", async () => {
    const here = await bench({ lookup: async () => ["127.0.0.1", "169.254.169.254"] });
    const peer = await goodPeer();
    expect((await here.look(peer.host)).of("address").message).toBe(
      "Connections may be made to 127.0.0.1; not to 169.254.169.254 (the metadata service of a cloud).",
    );
  });

  it("says that a port is closed", async () => {
    const { outline, of } = await (await bench()).look(`localhost:${await closedPort()}`);
    expect(outline.slice(4, 10)).toEqual(["tls failed", ...AFTER_NOTHING]);
    expect(of("tls").message).toContain("refused the connection");
  });

  it.each([
    ["selfSigned", "is self-signed", /ca:/],
    ["expired", "has expired", /renew/],
  ] as const)("says that a %s certificate %s", async (which, words, next) => {
    const here = await bench({ peers: { "localhost:*": https() } });
    const peer = await goodPeer({ tls: certificates[which] });
    const { outline, of } = await here.look(peer.host);
    expect(outline.slice(4, 10)).toEqual(["tls failed", ...AFTER_NOTHING]);
    expect(of("tls").message).toContain(words);
    expect(of("tls").next).toMatch(next);
    expect(peer.requests).toEqual([]);
  });

  it("names whom a certificate for another host is for", async () => {
    const here = await bench({ peers: { "wrong.test:*": https() }, lookup: async () => ["127.0.0.1"] });
    const peer = await goodPeer({ tls: certificates.good });
    const { of } = await here.look(peer.host.replace("localhost", "wrong.test"));
    expect(of("tls").message).toContain("is for another host");
    expect(of("tls").message).toContain("It is for good.test, localhost.");
  });

  it("says that a port speaks no TLS where plain http is not permitted", async () => {
    const peer = await goodPeer();
    const { of } = await (await bench({ peers: { "localhost:*": { allowPrivateAddresses: true } } })).look(peer.host);
    expect(of("tls")).toMatchObject({ status: "failed", next: expect.stringContaining("plain http") });
  });

  it("leaves addresses and certificate to an outbound proxy", async () => {
    const peer = await goodPeer();
    const proxy = await serveProxy(Number(peer.host.split(":")[1]));
    const here = await bench({
      outboundProxy: `http://127.0.0.1:${proxy.port}`,
      peers: { "peer.example:*": { allowInsecureHttp: true } },
      lookup: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" })),
    });
    const { outline, of } = await here.look(peer.host.replace("localhost", "peer.example"));
    expect(outline.slice(2, 5)).toEqual(["dns skipped", "address skipped", "tls skipped"]);
    expect(of("discovery").status).not.toBe("skipped");
    await proxy.close();
  });

  it("tells what is remembered of a peer that was unreachable", async () => {
    const lastError = { code: "peer-timeout", message: "It did not answer.", at: 0, status: null };
    const here = await bench({ health: { failures: 4, unreachableSince: 0, lastError } });
    const { of } = await here.look((await goodPeer()).host);
    expect(of("history")).toMatchObject({
      status: "warning",
      message:
        "This server has taken it for unreachable since 1970-01-01T00:00:00.000Z. Last error: It did not answer. (peer-timeout)",
    });
  });
});

describe("whatever happens", () => {
  it("it does not throw, and the error goes to the log", async () => {
    const broken = () => {
      throw new Error("secret detail");
    };
    const here = await bench({ system: (real) => ({ ...real, resolve: broken }) });
    const { of } = await here.look("peer.example");
    expect(of("dns")).toMatchObject({
      status: "failed",
      message: "Something went wrong on this server; its log has more.",
    });
    expect(here.logger.lines).toEqual(["A check of the diagnosis broke off."]);
  });

  it("a check that takes too long is given up", async () => {
    const here = await bench({
      system: (real) => ({ ...real, resolve: () => new Promise(() => {}), sleep: async () => {} }),
    });
    expect((await here.look("peer.example")).of("dns").message).toBe("It took longer than 45 seconds.");
  });

  it("a system without a view of certificates leaves that check out", async () => {
    const here = await bench({ system: ({ certificate: _certificate, ...rest }) => rest });
    const peer = await goodPeer();
    expect((await here.look(peer.host)).outline).toEqual(ALL_GOOD.with(4, "tls skipped"));
  });

  it("a peer that is silent costs no more than its time limit", async () => {
    const silent = await serveRaw(() => {});
    const here = await bench({ system: (real) => ({ ...real, certificate: undefined }) as typeof real });
    const look = here.look(`localhost:${silent.port}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await silent.close();
    expect((await look).of("discovery").status).toBe("failed");
  });
});
