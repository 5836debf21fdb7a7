import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hostOfSignature } from "./keyid.ts";
import { forge, NOW_SECONDS } from "./signing.test-helper.ts";

const { privateKey } = generateKeyPairSync("ed25519");

describe("the host that a signature hints at", () => {
  it.each([
    ["https://Sender.example.org/ocm#key1", "sender.example.org"],
    ["https://sender.example.org:8443/ocm#key1", "sender.example.org:8443"],
    ["http://localhost:9200/ocm#key1", "localhost:9200"],
    ["sender.example.org#key1", "sender.example.org"],
    ["sender.example.org:8443#key1", "sender.example.org:8443"],
    ["urn:example:key", undefined],
    ["", undefined],
  ])("of the keyid %j is %s", (keyid, host) => {
    const { rawHeaders } = forge(privateKey, { params: `;created=${NOW_SECONDS};keyid="${keyid}";tag="ocm"` });
    expect(hostOfSignature(rawHeaders)).toBe(host);
  });

  it("is none where there is no signature", () => {
    expect(hostOfSignature([])).toBeUndefined();
    expect(hostOfSignature(["signature-input", 'proxy=("@method");created=1;keyid="a.example#1"'])).toBeUndefined();
  });

  it("is not guessed at where a signature cannot be read: the refusal says why", () => {
    expect(() => hostOfSignature(["signature-input", "ocm=("])).toThrow(
      expect.objectContaining({ code: "signature-malformed" }),
    );
  });
});
