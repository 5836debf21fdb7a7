import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { har } from "./har.ts";
import { mask } from "./mask.ts";
import type { Message } from "./message.ts";
import { attributed } from "./senders.ts";
import { publishedKeys, readSignature } from "./signature.ts";
import { trace } from "./trace.ts";

const SECRET = "the-shared-secret";
const TOKEN = "ocm_the-access-token";
const SERVERS = [
  { name: "alpha", origin: "http://localhost:1" },
  { name: "beta", origin: "http://localhost:2" },
];
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const KEYID = "http://localhost:1/ocm#one";

function message(more: Partial<Message>): Message {
  const path = more.path ?? "/ocm/shares";
  return {
    number: 1,
    from: "alpha",
    to: "beta",
    at: 0,
    ms: 5,
    method: "POST",
    path,
    url: `http://localhost:2${path}`,
    requestHeaders: [["User-Agent", "koa-ocm"]],
    requestBody: Buffer.alloc(0),
    status: 201,
    responseHeaders: [["Content-Type", "application/json"]],
    responseBody: Buffer.from("{}"),
    responseSize: 2,
    harm: null,
    ...more,
  };
}

/** A share, the exchange of its secret, and the use of the token. */
function conversation(): Message[] {
  const params = `("@method" "@target-uri" "date");created=1;keyid="${KEYID}";tag="ocm"`;
  const date = "Wed, 25 Nov 2026 03:00:00 GMT";
  const base = `"@method": POST\n"@target-uri": http://localhost:2/ocm/shares\n"date": ${date}\n"@signature-params": ${params}`;
  const signature = sign(null, Buffer.from(base), privateKey).toString("base64");
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  return [
    message({
      requestHeaders: [
        ["Date", date],
        ["Content-Type", "application/json"],
        ["Signature-Input", `ocm=${params}`],
        ["Signature", `ocm=:${signature}:`],
      ],
      requestBody: Buffer.from(JSON.stringify({ protocol: { webdav: { sharedSecret: SECRET } } })),
    }),
    message({
      number: 2,
      from: "beta",
      to: "alpha",
      method: "GET",
      path: "/ocm/jwks.json",
      responseBody: Buffer.from(JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: KEYID }] })),
    }),
    message({
      number: 3,
      from: "beta",
      to: "alpha",
      path: "/ocm/token",
      requestHeaders: [["User-Agent", "koa-ocm"], ...Object.entries(form)],
      requestBody: Buffer.from(`grant_type=authorization_code&client_id=localhost%3A2&code=${SECRET}`),
      responseBody: Buffer.from(JSON.stringify({ access_token: TOKEN })),
    }),
    message({
      number: 4,
      from: "beta",
      to: "alpha",
      method: "GET",
      path: "/ocm/dav/x",
      requestHeaders: [["Authorization", `Bearer ${TOKEN}`]],
      status: null,
      harm: "lost",
    }),
  ];
}

describe("A conversation that was recorded", () => {
  it("shows no secret, and shows where the same one comes again", () => {
    const text = trace(conversation(), ["alpha", "beta"]);
    for (const secret of [SECRET, TOKEN]) expect(text).not.toContain(secret);
    expect(text).toContain('"sharedSecret": "‹sharedSecret 1›"');
    expect(text).toContain("code=‹sharedSecret 1›");
    expect(text).toContain('"access_token": "‹access_token 2›"');
    expect(text).toContain("Authorization: Bearer ‹access_token 2›");
  });

  it("is the same without secrets as an HTTP Archive", () => {
    const text = har(conversation());
    for (const secret of [SECRET, TOKEN]) expect(text).not.toContain(secret);
    const { entries } = JSON.parse(text).log;
    expect(entries.map(({ response }: { response: { status: number } }) => response.status)).toEqual([
      201, 201, 201, 0,
    ]);
    expect(entries[3].comment).toBe("beta to alpha; lost");
  });

  it("is drawn with an arrow for each message, from its sender to its receiver", () => {
    const lines = trace(conversation(), ["alpha", "beta"]).split("\n");
    const arrows = lines.filter((line) => line.startsWith("│"));
    expect(arrows).toHaveLength(8);
    expect(arrows[0]).toMatch(/^│── 1 POST \/ocm\/shares ─+▶│$/);
    expect(arrows[1]).toMatch(/^│◀─+ 201 \(5 ms\) ─+│$/);
    expect(arrows[7]).toContain("no answer");
    expect(new Set(arrows.map(({ length }) => length)).size).toBe(1);
    expect(lines).toContain("    fault: lost");
  });

  it("shows the signature base and whether it holds, read anew from the RFC", () => {
    const all = conversation();
    const [first, ...others] = all;
    if (first === undefined) throw new Error("There is no message.");
    const keys = publishedKeys(all);
    expect(readSignature(first, keys)).toMatchObject({ verdict: "valid", keyid: KEYID });
    expect(readSignature({ ...first, method: "PUT" }, keys)?.verdict).toBe("not valid");
    expect(readSignature(first, new Map())?.verdict).toBe("key never seen");
    expect(others.map((one) => readSignature(one, keys))).toEqual([undefined, undefined, undefined]);
    expect(trace(all, ["alpha", "beta"])).toContain(`signature base, valid by ${KEYID}:`);
  });

  it("says who sent a message, by its signature, the token that it shows, or its software", () => {
    const named = attributed(
      conversation().map(({ from: _, ...one }) => one),
      SERVERS,
    );
    expect(named.map(({ from }) => from)).toEqual(["alpha", "beta", "beta", "beta"]);
    const third = { name: "gamma", origin: "http://localhost:3" };
    const amongThree = attributed(
      conversation().map(({ from: _, ...one }) => one),
      [...SERVERS, third],
    );
    expect(amongThree.map(({ from }) => from)).toEqual(["alpha", null, "beta", "beta"]);
  });

  it("does not take the code of an error for a secret", () => {
    const refusal = message({ responseBody: Buffer.from('{"code":"signature-stale"}') });
    expect(mask([refusal])("signature-stale")).toBe("signature-stale");
  });
});
