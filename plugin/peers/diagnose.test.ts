import { beforeAll, describe, expect, it } from "vitest";
import type { PublicJwk } from "../ports/crypto.ts";
import { keysOf } from "../signing/signing.test-helper.ts";
import { createVerifier } from "../signing/verifier.ts";
import { machine } from "../system/machine.ts";
import { closedPort, makeCertificates, serveProxy, serveRaw, type TestCertificates } from "../system/servers.test-helper.ts";
import { answer, bench, goodDocument, goodKey, goodPeer } from "./diagnose/bench.test-helper.ts";

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

describe("the documents of a peer", () => {
  it("may be a web page", async () => {
    const peer = await goodPeer();
    for (const path of ["/.well-known/ocm", "/ocm-provider", "/ocm-provider/"])
      peer.answers[path] = answer(200, "<!doctype html><p>Log in", { "content-type": "text/html" });
    const { outline, of } = await (await bench()).look(peer.host);
    expect(outline.slice(5)).toEqual([
      "discovery failed",
      "capabilities skipped",
      "keys skipped",
      "clock ok",
      "signature skipped",
      "self ok",
    ]);
    expect(of("discovery").message).toContain("a web page instead of JSON");
  });

  it("may redirect, and then the target is named", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = answer(302, "", { location: "http://169.254.169.254/latest/" });
    const { of } = await (await bench()).look(peer.host);
    expect(of("discovery").message).toContain("redirects to http://169.254.169.254/latest/");
    expect(of("discovery").next).toContain("redirects to");
  });

  it("may be at an older path, and then the newer one is shown with its answer", async () => {
    const peer = await goodPeer();
    const location = `${peer.origin}/elsewhere`;
    peer.answers["/.well-known/ocm"] = answer(301, "", { location });
    peer.answers["/ocm-provider"] = goodDocument(peer.origin);
    const { of, outline } = await (await bench()).look(peer.host);
    expect(outline).toEqual(ALL_GOOD.with(5, "discovery warning"));
    expect(of("discovery").message).toContain(`/.well-known/ocm itself answered 301 with a redirect to ${location}.`);
  });

  it("may lack fields, which are all named", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { enabled: true, resourceTypes: "none" };
    const { of } = await (await bench()).look(peer.host);
    expect(of("discovery").message).toContain(
      "apiVersion is missing; endPoint is missing; resourceTypes is not a list",
    );
  });

  it("may say that OCM is switched off", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { enabled: false };
    expect((await (await bench()).look(peer.host)).of("discovery")).toMatchObject({
      status: "failed",
      message: expect.stringContaining("enabled is false"),
    });
  });

  it("never put control characters of a peer on the terminal", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { ...goodDocument(peer.origin), provider: "a\u001b[2Jb\r\nc\u202ed" };
    const { of } = await (await bench()).look(peer.host);
    expect(of("discovery").message).toContain('"a [2Jb c d"');
  });
});

describe("what will work with a peer", () => {
  async function capabilities(fields: object, trust = {}) {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { ...goodDocument(peer.origin), ...fields };
    return (await (await bench({ trust })).look(peer.host)).of("capabilities");
  }

  it("is by shared secret where it has no token exchange", async () => {
    const { status, message } = await capabilities({ capabilities: ["http-sig"], tokenEndPoint: undefined });
    expect(status).toBe("ok");
    expect(message).toContain("Shares to it: by shared secret; from it: by shared secret");
    expect(message).toContain("invites: not advertised");
  });

  it("is limited where it does not sign and this server demands that", async () => {
    const { status, message, next } = await capabilities({ capabilities: ["exchange-token"] });
    expect([status, message]).toEqual(["warning", expect.stringContaining("what it sends without one is refused")]);
    expect(next).toContain('signatures: "if-peer-signs"');
    expect((await capabilities({ capabilities: [] }, { signatures: "optional" })).status).toBe("ok");
  });

  it("is nothing where it demands the token exchange and does not support it", async () => {
    const found = await capabilities({ capabilities: ["http-sig"], criteria: ["must-exchange-token"] });
    expect(found).toMatchObject({ status: "failed", message: expect.stringContaining("its operator has to correct") });
  });

  it.each([
    ["exchange-token without an endpoint", { tokenEndPoint: undefined }, {}, "without a usable tokenEndPoint"],
    [
      "invites that it demands and does not offer",
      { capabilities: ["http-sig"], criteria: ["must-invite"] },
      {},
      "demands invites",
    ],
    ["a criterion that nobody knows", { criteria: ["must-sing"] }, {}, "unknown here: must-sing"],
    ["no path for resources", { resourceTypes: [{ name: "file", protocols: {} }] }, {}, "no WebDAV path"],
    [
      "a token exchange that is demanded here",
      { capabilities: ["http-sig"] },
      { mustExchangeToken: true },
      "trust.mustExchangeToken",
    ],
    ["invites that are demanded here", { capabilities: ["http-sig"] }, { mustInvite: true }, "trust.mustInvite"],
  ])("comes with a warning for %s", async (_name, fields, trust, words) => {
    const { status, message } = await capabilities(fields, trust);
    expect([status, message]).toEqual(["warning", expect.stringContaining(words)]);
  });

  it("repeats what it demands of us", async () => {
    const { message } = await capabilities({ criteria: ["must-invite", "allowlist"] });
    expect(message).toContain("It demands must-invite, allowlist.");
  });
});

describe("the keys of a peer", () => {
  async function keysFound(change: (keys: Record<string, string>, origin: string) => unknown) {
    const peer = await goodPeer();
    peer.answers["/ocm/jwks.json"] = { keys: [change(goodKey(peer.origin), peer.origin)].flat() };
    return (await (await bench()).look(peer.host)).of("keys");
  }

  it.each([
    ["no kid", ({ kid: _kid, ...key }: Record<string, string>) => key, "has no kid"],
    ["another use", (key: object) => ({ ...key, use: "enc" }), "is not for signatures"],
    [
      "RSA",
      (key: object) => ({ ...key, kty: "RSA", crv: undefined, alg: "RS256", n: "AQAB", e: "AQAB" }),
      "is of no accepted algorithm",
    ],
    ["an alg of another kind", (key: object) => ({ ...key, alg: "ES256" }), "has an alg that is not of its kind"],
    [
      "the kid of another host",
      (key: object) => ({ ...key, kid: "https://other.example/ocm#1" }),
      "names the host other.example",
    ],
    ["half a key", (key: object) => ({ ...key, x: "AA" }), "is not a valid key"],
    ["a symmetric key", (key: object) => ({ ...key, kty: "oct" }), "is symmetric"],
    ["no object", () => "key", "is no key"],
  ])("are refused for %s", async (_name, change, words) => {
    expect(await keysFound(change)).toMatchObject({ status: "failed", message: expect.stringContaining(words) });
  });

  it("may be partly of use", async () => {
    const { status, message } = await keysFound((key) => [key, { ...key, kid: "second", alg: "ES256" }]);
    expect(status).toBe("warning");
    expect(message).toContain("is accepted; ES256 second has an alg");
  });

  it("are lost when the private part is published", async () => {
    const found = await keysFound((key) => ({ ...key, d: "c2VjcmV0LXNlY3JldA" }));
    expect(found).toMatchObject({ status: "failed", message: expect.stringContaining("A private key is published") });
    expect(found.message).not.toContain("c2VjcmV0");
  });

  it.each([
    ["nowhere", (peer: Awaited<ReturnType<typeof goodPeer>>) => delete peer.answers["/ocm/jwks.json"], "404"],
    [
      "an empty set",
      (peer: Awaited<ReturnType<typeof goodPeer>>) => Object.assign(peer.answers, { "/ocm/jwks.json": { keys: [] } }),
      "holds no key",
    ],
    [
      "no set",
      (peer: Awaited<ReturnType<typeof goodPeer>>) => Object.assign(peer.answers, { "/ocm/jwks.json": {} }),
      "not a JWK Set",
    ],
  ])("may be %s", async (_name, change, words) => {
    const peer = await goodPeer();
    change(peer);
    const { of } = await (await bench()).look(peer.host);
    expect(of("keys")).toMatchObject({ status: "failed", message: expect.stringContaining(words) });
  });

  it("are not missed of a peer that does not sign", async () => {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { ...goodDocument(peer.origin), capabilities: [], jwksUri: undefined };
    expect((await (await bench()).look(peer.host)).of("keys").status).toBe("skipped");
  });
});

describe("the clock of a peer", () => {
  async function clock(seconds: number, headers: Record<string, string> = {}) {
    const peer = await goodPeer();
    peer.answers["/ocm/jwks.json"] = (request, response) => {
      const date = new Date(Date.now() + seconds * 1000).toUTCString();
      answer(200, { keys: [goodKey(peer.origin)] }, { date, ...headers })(request, response);
    };
    return (await (await bench()).look(peer.host)).of("clock");
  }

  it.each([
    [3, "ok", /^Its clock is [34] seconds ahead of ours\.$/],
    [-30, "warning", /^Its clock is (29|30) seconds behind ours\.$/],
    [300, "failed", /^Its clock is (300|301) seconds ahead of ours\. Signatures are refused/],
    [-90, "failed", /behind ours/],
  ])("that is %d seconds off is %s", async (seconds, status, message) => {
    expect(await clock(seconds)).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  it("is not blamed for the age of an answer from a cache", async () => {
    expect((await clock(-600, { age: "600" })).status).toBe("ok");
  });
});

describe("our signature at a peer", () => {
  async function signature(listener: Parameters<typeof answer>, fields: object = {}) {
    const peer = await goodPeer();
    peer.answers["/.well-known/ocm"] = { ...goodDocument(peer.origin), ...fields };
    peer.answers["/ocm/notifications"] = answer(...listener);
    return (await (await bench()).look(peer.host)).of("signature");
  }

  it.each([
    [
      [401, { message: "The signature is too old.", code: "signature-stale", next: "Check the clock." }],
      "failed",
      '401, "The signature is too old. (signature-stale)"',
    ],
    [[401, "signature key not found"], "failed", '401, "signature key not found"'],
    [[502, "signature key lookup failed"], "failed", "502"],
    [[400, { message: "Invalid signature", validationErrors: [] }], "failed", "refuses our signature"],
    [
      [403, { message: "This server does not federate with you.", code: "peer-not-allowed" }],
      "failed",
      "refuses this server",
    ],
    [[403, { message: "RESOURCE_NOT_FOUND" }], "ok", "took our signature"],
    [[404, { message: "SHARE_NOT_FOUND" }], "ok", "took our signature"],
    [[201, {}], "ok", "acknowledged"],
    [[404, "<h1>Not found</h1>"], "skipped", "takes no notifications (404)"],
    [[501, { message: "Federation is off" }], "skipped", "takes no notifications"],
    [[500, "<h1>Signature of doom</h1>"], "warning", "tells nothing"],
    [[302, "", { location: "/login" }], "failed", "redirects to"],
  ] as [Parameters<typeof answer>, string, string][])("after %j is %s", async (listener, status, words) => {
    expect(await signature(listener)).toMatchObject({ status, message: expect.stringContaining(words) });
  });

  it("is refused with the peer's advice and the request id for its log", async () => {
    const next = "Check the clock of the signing server.";
    const found = await signature([401, { message: "Too old.", code: "signature-stale", next }]);
    expect(found.next).toMatch(
      /^Check the clock of the signing server\. Its log has more under the request id [0-9a-f]{30}\.$/,
    );
  });

  it("shows nothing where the peer does not look at signatures", async () => {
    const found = await signature([400, { message: "RESOURCE_NOT_FOUND" }], { capabilities: ["exchange-token"] });
    expect(found).toMatchObject({ status: "skipped", message: expect.stringContaining("does not advertise http-sig") });
  });
});

describe("what a peer needs of us", () => {
  it("fails when our own address leads elsewhere and the peer has not been there", async () => {
    const here = await bench();
    here.documents["/.well-known/ocm"] = answer(404);
    const peer = await goodPeer();
    peer.answers["/ocm/notifications"] = answer(401, { message: "signature key lookup failed" });
    expect((await here.look(peer.host)).of("self")).toMatchObject({
      status: "failed",
      message: expect.stringContaining("cannot be fetched from this machine"),
    });
  });

  it("is a warning when the peer could verify us all the same", async () => {
    const here = await bench();
    here.documents["/.well-known/ocm"] = answer(404);
    expect((await here.look((await goodPeer()).host)).of("self").status).toBe("warning");
  });

  it("fails when the keys there are not those with which we sign", async () => {
    const here = await bench();
    here.documents["/ocm/jwks.json"] = { keys: [goodKey("http://localhost")] };
    const { status, message } = (await here.look((await goodPeer()).host)).of("self");
    expect([status, message]).toEqual(["failed", expect.stringContaining(here.keyring.activeSigningKey().kid)]);
  });

  it("is a warning when the server has another prefix than this configuration", async () => {
    const here = await bench();
    const document = goodDocument(`http://${here.host}`);
    here.documents["/.well-known/ocm"] = { ...document, endPoint: `http://${here.host}/other` };
    expect((await here.look((await goodPeer()).host)).of("self").status).toBe("warning");
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
