import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InboundMessage, PublicJwk } from "../ports/crypto.ts";
import { openKeyring } from "./keyring.ts";
import { createSigner } from "./signer.ts";
import {
  BODY,
  codeOf,
  forge,
  HOST,
  KEYID,
  keysOf,
  memoryKeys,
  NOW_SECONDS,
  TARGET,
  testSystem,
} from "./signing.test-helper.ts";
import { createVerifier } from "./verifier.ts";

const system = testSystem();
const keyring = await openKeyring({ store: memoryKeys(), system, origin: `https://${HOST}` });
const signer = createSigner({ system, keyring });
const verifier = createVerifier({ system, strictDate: true });
const keyOf = keysOf(HOST, ...keyring.publicJwks().keys);

async function signed(method: string, targetUri: string, body: Uint8Array): Promise<InboundMessage> {
  const headers = await signer.sign({ method, targetUri, body });
  return { method, targetUri, body, rawHeaders: ["host", "receiver.example.org", ...Object.entries(headers).flat()] };
}

const method = fc.constantFrom("POST", "GET", "PUT", "DELETE");
const target = fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url).href);
const body = fc.uint8Array({ maxLength: 2000 });

describe("signatures", () => {
  it("that we make always verify", async () => {
    await fc.assert(
      fc.asyncProperty(method, target, body, async (...request) => {
        expect(await verifier.verify(await signed(...request), HOST, keyOf)).toMatchObject({ created: NOW_SECONDS });
      }),
    );
  });

  it("never verify with any byte of the body flipped", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (bytes, at, bits) => {
          const message = await signed("POST", TARGET, bytes);
          const altered = Uint8Array.from(bytes, (byte, i) => (i === at % bytes.length ? byte ^ bits : byte));
          expect(await codeOf(() => verifier.verify({ ...message, body: altered }, HOST, keyOf))).toBe(
            "signature-digest",
          );
        },
      ),
    );
  });

  it("never verify with another value of a covered field, or another method or target", async () => {
    const covered = fc.constantFrom("content-digest", "content-length", "date", "signature-input", "method", "target");
    await fc.assert(
      fc.asyncProperty(covered, fc.nat(), fc.integer({ min: 33, max: 126 }), async (what, at, code) => {
        const message = await signed("POST", TARGET, BODY);
        const change = (text: string) => {
          const i = at % text.length;
          return text.slice(0, i) + String.fromCharCode(code) + text.slice(i + 1);
        };
        const altered = {
          ...message,
          method: what === "method" ? change(message.method) : message.method,
          targetUri: what === "target" ? change(TARGET) : TARGET,
          rawHeaders: message.rawHeaders.map((text, i) => (message.rawHeaders[i - 1] === what ? change(text) : text)),
        };
        fc.pre(JSON.stringify(altered) !== JSON.stringify(message));
        expect(await codeOf(() => verifier.verify(altered, HOST, keyOf))).toMatch(/^signature-/);
      }),
      { numRuns: 500 },
    );
  });

  it("never verify with any bit of themselves flipped", async () => {
    const message = await signed("POST", TARGET, BODY);
    const at = message.rawHeaders.indexOf("signature") + 1;
    const bytes = Buffer.from((message.rawHeaders[at] ?? "").slice(5, -1), "base64");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const rawHeaders = message.rawHeaders.with(at, `ocm=:${altered.toString("base64")}:`);
      expect(await codeOf(() => verifier.verify({ ...message, rawHeaders }, HOST, keyOf))).toBe("signature-invalid");
    }
  });
});

describe("garbage", () => {
  const piece = fc.constantFrom(
    ...["ocm", "sig1", "=", "(", ")", '"', ",", ";", ":", " ", "\\", "%", "?1", "@1", "1.5", "*", "\u00e9", "\n"],
    ...['"@method"', '"@target-uri"', '"content-digest"', '"content-length"', "sha-256=:", "sha-512=:AAAA:"],
    ...[';tag="ocm"', `;created=${NOW_SECONDS}`, `;keyid="${KEYID}"`, ';alg="ed25519"', "ocm=(", "ocm=:AAAA:"],
  );
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.array(piece).map((pieces) => pieces.join("")),
  );
  const name = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom("Signature-Input", "Signature", "Content-Digest", "content-length", "host"),
    },
    { weight: 1, arbitrary: fc.string() },
  );

  it("in headers is refused as such", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, text)), async (headers) => {
        const rawHeaders = headers.flat();
        const message = { method: "POST", targetUri: TARGET, body: BODY, rawHeaders };
        expect(await codeOf(() => verifier.verify(message, HOST, keyOf))).toMatch(/^signature-/);
      }),
      { numRuns: 2000 },
    );
  });

  it("in the parameters of a signature, in the claimed host and in the key is refused as such", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const value = fc.oneof(
      fc.string(),
      fc.constant(undefined),
      fc.integer(),
      fc.constantFrom("OKP", "Ed25519", "EC", "P-256"),
    );
    const jwk = fc.record({ kty: value, crv: value, x: value, y: value, alg: value, use: value }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(text, fc.oneof(fc.string(), fc.constant(HOST)), jwk, async (extra, host, key) => {
        const params = `;created=${NOW_SECONDS};keyid="${KEYID}";tag="ocm";${extra}`;
        const message = forge(privateKey, { params });
        expect(await codeOf(() => verifier.verify(message, host, async () => key as PublicJwk))).toMatch(/^signature-/);
      }),
      { numRuns: 1000 },
    );
  });
});
