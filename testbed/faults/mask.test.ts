import { describe, expect, it } from "vitest";
import { har } from "./har.ts";
import { maskText } from "./mask.ts";
import { KEPT_BYTES, type Message } from "./message.ts";
import { publishedKeys, readSignature } from "./signature.ts";
import { trace } from "./trace.ts";

const SECRET = "1exD7D_a-secret-of-a-share";

function message(more: Partial<Message>): Message {
  return {
    number: 1,
    from: "alpha",
    to: "beta",
    at: 0,
    ms: 5,
    method: "POST",
    path: "/ocm/shares",
    url: "https://beta.example/ocm/shares",
    requestHeaders: [["Content-Type", "application/json"]],
    requestBody: Buffer.alloc(0),
    status: 201,
    responseHeaders: [["Content-Type", "application/json"]],
    responseBody: Buffer.from("{}"),
    responseSize: 2,
    harm: null,
    ...more,
  };
}

/** A share in which the secret begins after so many characters. */
const share = (before: number, secret = SECRET) =>
  Buffer.from(`{"description":"${"x".repeat(before)}","sharedSecret":"${secret}","name":"last"}`);
const parts = (text: string) => [...SECRET].filter((_, at) => at >= 6 && text.includes(SECRET.slice(0, at)));

describe("A secret", () => {
  it("is not shown in part where a trace cuts a body or a path", () => {
    for (let before = 1900; before < 2010; before += 7) {
      expect(parts(trace([message({ requestBody: share(before) })], ["alpha", "beta"]))).toEqual([]);
    }
    for (let before = 0; before < 40; before += 3) {
      const path = `/x/${"x".repeat(before)}?token=${SECRET}`;
      expect(parts(trace([message({ path })], ["alpha", "beta"]))).toEqual([]);
    }
  });

  it("is not shown in part where an archive cuts a body", () => {
    for (let before = KEPT_BYTES - 60; before < KEPT_BYTES; before += 5) {
      expect(parts(har([message({ requestBody: share(before) })]))).toEqual([]);
    }
  });

  it("is not shown where the recording ends within it", () => {
    const whole = share(10);
    const end = whole.indexOf(SECRET) + 12;
    const one = message({ responseBody: whole.subarray(0, end), responseSize: whole.length });
    expect(har([one])).not.toContain(SECRET.slice(0, 12));
    expect(trace([one], ["alpha", "beta"])).not.toContain(SECRET.slice(0, 12));
  });

  it("is known in each way in which it is written, by one name", () => {
    const raw = "with/a/slash";
    const requestBody = share(0, raw.replaceAll("/", String.raw`\/`));
    const form = message({
      requestHeaders: [["Content-Type", "application/x-www-form-urlencoded"]],
      requestBody: Buffer.from(`code=${encodeURIComponent(raw)}`),
    });
    const text = trace([message({ requestBody }), form], ["alpha", "beta"]);
    expect(text).toContain("code=‹sharedSecret 1›");
    for (const one of [text, har([message({ requestBody }), form])]) expect(one).not.toMatch(/with.{1,3}a.{1,3}slash/);
  });

  it("is masked in a single text", () => {
    expect(maskText('{"access_token":"abcdefgh","code":"no-secret"}')).toBe(
      '{"access_token":"‹access_token 1›","code":"no-secret"}',
    );
  });
});

describe("A long body", () => {
  it("of JSON is shown for 2,000 characters in a trace, and a text for 900", () => {
    const of = (type: string) =>
      trace(
        [message({ requestHeaders: [["Content-Type", type]], requestBody: Buffer.from(`"${"x".repeat(5000)}"`) })],
        ["alpha", "beta"],
      );
    expect(of("application/json")).toContain(`"${"x".repeat(1999)}… (5002 bytes)`);
    expect(of("text/plain")).toContain(`"${"x".repeat(899)}… (5002 bytes)`);
  });

  it("is cut in an archive, with a comment that says how long it was", () => {
    const requestBody = share(8 * 1024 * 1024);
    const responseBody = Buffer.from("y".repeat(KEPT_BYTES));
    const long = message({ requestBody, responseBody, responseSize: 1e6 });
    const text = har([long, message({ requestBody: share(1) })]);
    expect(text.length).toBeLessThan(4 * KEPT_BYTES);
    const [first, second] = JSON.parse(text).log.entries;
    expect(first.request.postData.text).toHaveLength(KEPT_BYTES);
    expect(first.request.postData.comment).toBe(`Cut after 64 KiB; the body has ${requestBody.length} bytes.`);
    expect(first.request.bodySize).toBe(requestBody.length);
    expect(first.response.content.comment).toBe("Cut after 64 KiB; the body has 1000000 bytes.");
    expect(second.request.postData).not.toHaveProperty("comment");
    expect(second.response.content).not.toHaveProperty("comment");
  });
});

describe("A signature", () => {
  const headers: Message["requestHeaders"] = [
    ["Signature-Input", 'ocm=("@scheme");created=1;keyid="k"'],
    ["Signature", "ocm=:AAAA:"],
  ];

  it("covers the scheme of the address", () => {
    const reading = readSignature(message({ requestHeaders: headers }), new Map());
    expect(reading?.base).toContain('"@scheme": https\n');
  });

  it("of a key that is none is not valid, and breaks nothing", () => {
    const key = { kty: "OKP", crv: "Ed25519", kid: "k", x: "short" };
    const published = message({ path: "/ocm/jwks.json", responseBody: Buffer.from(JSON.stringify({ keys: [key] })) });
    const reading = readSignature(message({ requestHeaders: headers }), publishedKeys([published]));
    expect(reading?.verdict).toBe("not valid");
  });
});
