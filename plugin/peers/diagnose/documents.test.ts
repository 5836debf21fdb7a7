import { describe, expect, it } from "vitest";
import { answer, bench, goodDocument, goodPeer } from "./bench.test-helper.ts";

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
    const { of } = await (await bench()).look(peer.host);
    expect(of("discovery").status).toBe("warning");
    expect(of("signature").status).toBe("ok");
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
