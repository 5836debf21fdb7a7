import { describe, expect, it } from "vitest";
import { openKeyring } from "./keyring.ts";
import { createSigner } from "./signer.ts";
import { BODY, HOST, memoryKeys, NOW_SECONDS, TARGET, testSystem } from "./signing.test-helper.ts";

describe("a request that we sign", () => {
  it("has the one form that draft -05 and later texts accept (SIG-02, SIG-03, D-15 to D-18)", async () => {
    const system = testSystem();
    const keyring = await openKeyring({ store: memoryKeys(), system, origin: `https://${HOST}` });
    const { kid } = keyring.activeSigningKey();
    const headers = await createSigner({ system, keyring }).sign({ method: "POST", targetUri: TARGET, body: BODY });
    expect(headers).toEqual({
      "content-digest": expect.stringMatching(/^sha-256=:[\w+/]{43}=:$/),
      "content-length": String(BODY.length),
      date: "Mon, 24 Nov 2025 22:40:00 GMT",
      "signature-input": `ocm=("@method" "@target-uri" "content-digest" "content-length" "date");created=${NOW_SECONDS};keyid="${kid}";alg="ed25519";tag="ocm"`,
      signature: expect.stringMatching(/^ocm=:[\w+/]{86}==:$/),
    });
  });

  it("is signed with the new key as soon as that is active", async () => {
    const system = testSystem();
    const keyring = await openKeyring({ store: memoryKeys(), system, origin: `https://${HOST}` });
    const signer = createSigner({ system, keyring });
    const { kid, activeAt } = await keyring.rotate();
    const sign = async () => (await signer.sign({ method: "POST", targetUri: TARGET, body: BODY }))["signature-input"];
    expect(await sign()).not.toContain(kid);
    system.clock.now = activeAt;
    expect(await sign()).toContain(kid);
  });
});
