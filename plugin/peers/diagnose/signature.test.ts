import { describe, expect, it } from "vitest";
import { answer, bench, goodDocument, goodKey, goodPeer } from "./bench.test-helper.ts";

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
    [[403, { message: "RESOURCE_NOT_FOUND" }], "ok", "does not object to our signature"],
    [[404, { message: "SHARE_NOT_FOUND" }], "ok", "does not object to our signature"],
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
