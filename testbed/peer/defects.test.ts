import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { benchFor, results } from "./bench.test-helper.ts";
import type { Bench } from "./bench.ts";
import { CHECK_NAMES } from "./checks/table.ts";
import {
  type Defect,
  type FrontAnswer,
  type FrontRequest,
  type PeerServer,
  startPeerServer,
} from "./front.test-helper.ts";
import type { Status } from "./tally.ts";

let peer: PeerServer;
let bench: Bench;

beforeAll(async () => {
  peer = await startPeerServer();
  ({ bench } = await benchFor("--peer", peer.origin, "--insecure-http", "--user", peer.role.username));
}, 150_000);

afterEach(() => {
  peer.defect = {};
});

afterAll(async () => {
  await bench?.reference.close();
  await peer?.close();
});

const TAKEN = { status: 201, body: { recipientDisplayName: "Bob" } };

/** Answers requests to this endpoint, or those of them that a test is about. */
const at = (path: string, answer: FrontAnswer, isMeant: (request: FrontRequest) => boolean = () => true): Defect => ({
  answer: (request) => (request.path === path && isMeant(request) ? answer : undefined),
});
const shares = (answer: FrontAnswer, isMeant?: (request: FrontRequest) => boolean) =>
  at("/ocm/shares", answer, isMeant);
const says = (more: Record<string, unknown>): Defect => ({ document: (document) => ({ ...document, ...more }) });
const without = (name: string): Defect => says({ [name]: undefined });
const type = (more: object) =>
  says({ resourceTypes: [{ name: "file", shareTypes: ["user"], protocols: { webdav: "/dav/" }, ...more }] });

/** A defect of a peer, the check that finds it, and what becomes of the check. */
const DEFECTS: [what: string, defect: Defect, check: string, status: Status][] = [
  ["enabled is a text", says({ enabled: "yes" }), "discovery", "fail"],
  ["no apiVersion", without("apiVersion"), "discovery", "fail"],
  ["an apiVersion that is a number", says({ apiVersion: 1.4 }), "discovery", "fail"],
  ["a relative endPoint", says({ endPoint: "/ocm" }), "discovery", "fail"],
  ["no resourceTypes", without("resourceTypes"), "discovery", "fail"],
  ["capabilities as a text", says({ capabilities: "invites" }), "discovery", "fail"],
  ["criteria with a number", says({ criteria: [1] }), "discovery", "fail"],
  ["a provider that is no text", says({ provider: {} }), "discovery", "fail"],
  ["an empty list of types", says({ resourceTypes: [] }), "resource-types", "fail"],
  [
    "a type twice",
    says({ resourceTypes: [1, 2].map(() => ({ name: "file", shareTypes: ["user"], protocols: { webdav: "/" } })) }),
    "resource-types",
    "fail",
  ],
  ["a type without share types", type({ shareTypes: undefined }), "resource-types", "fail"],
  ["a type for groups only", type({ shareTypes: ["group"] }), "resource-types", "fail"],
  ["files without WebDAV", type({ protocols: {} }), "resource-types", "fail"],
  [
    "WebDAV at a whole address",
    type({ protocols: { webdav: "https://elsewhere.example/dav" } }),
    "resource-types",
    "warning",
  ],
  [
    "another form of addresses",
    type({ protocols: { webdav: "/", "webdav-receive": { uri: "both" } } }),
    "resource-types",
    "fail",
  ],
  [
    "an unknown target",
    type({ protocols: { webdav: "/", "webapp-receive": { targets: ["popup"] } } }),
    "resource-types",
    "fail",
  ],
  ["ssh without a port", type({ protocols: { webdav: "/", ssh: "host" } }), "resource-types", "fail"],
  ["a demand that it cannot meet", says({ criteria: ["must-exchange-token"], capabilities: [] }), "promises", "fail"],
  ["tokens from nowhere", without("tokenEndPoint"), "promises", "fail"],
  ["invites without a page", without("inviteAcceptDialog"), "promises", "warning"],
  ["a page that is no place", says({ inviteAcceptDialog: "here" }), "promises", "fail"],
  ["signatures demanded but not known", says({ capabilities: ["invites"] }), "promises", "fail"],
  ["keys at one place only", without("jwksUri"), "keys", "warning"],
  ["no keys", { answer: ({ path }) => (path.endsWith("jwks.json") ? { status: 404 } : undefined) }, "keys", "fail"],
  [
    "a private key",
    keySet({
      kty: "OKP",
      crv: "Ed25519",
      kid: "k",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    }),
    "keys",
    "fail",
  ],
  [
    "a key without a name",
    keySet({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
    "keys",
    "fail",
  ],
  ["a key that is none", keySet({ kty: "OKP", crv: "Ed25519", kid: "k", x: "short" }), "keys", "fail"],
  ["a share answered with 200", shares({ ...TAKEN, status: 200 }), "share", "fail"],
  ["no name of the recipient", shares({ status: 201, body: {} }), "share", "fail"],
  [
    "an answer that is no object",
    shares({ status: 201, body: "ok", headers: { "content-type": "application/json" } }),
    "share",
    "fail",
  ],
  [
    "an answer that does not say that it is JSON",
    shares({ status: 201, body: '{"recipientDisplayName":"Bob"}' }),
    "share",
    "warning",
  ],
  ["a good share refused", shares({ status: 403, body: { message: "No." } }), "share", "fail"],
  ["a good share that breaks the server", shares({ status: 500, body: { message: "Broken." } }), "share", "fail"],
  ["a share for nobody taken", shares(TAKEN, ({ text }) => text.includes("nobody-")), "nobody", "fail"],
  [
    "a share for nobody answered with 404",
    shares({ status: 404 }, ({ text }) => text.includes("nobody-")),
    "nobody",
    "warning",
  ],
  [
    "a share for nobody breaks the server",
    shares({ status: 500 }, ({ text }) => text.includes("nobody-")),
    "nobody",
    "fail",
  ],
  ["a share without owner taken", shares(TAKEN, ({ json }) => json.owner === undefined), "missing-fields", "fail"],
  [
    "a share without protocol breaks the server",
    shares({ status: 500 }, ({ json }) => json.protocol === undefined),
    "missing-fields",
    "fail",
  ],
  ["missing fields not named", shares({ status: 400, body: { message: "Bad." } }), "missing-fields", "warning"],
  ["half an object breaks the server", shares({ status: 500 }), "bad-json", "fail"],
  ["a list taken", shares(TAKEN), "bad-json", "fail"],
  [
    "plain text taken",
    shares(TAKEN, ({ headers }) => headers["content-type"] === "text/plain"),
    "wrong-type",
    "warning",
  ],
  ["a huge body taken", shares(TAKEN), "huge-body", "warning"],
  ["a huge body breaks the server", shares({ status: 502 }), "huge-body", "fail"],
  ["unsigned shares taken", shares(TAKEN, ({ headers }) => headers.signature === undefined), "unsigned", "fail"],
  ["signatures never looked at", shares(TAKEN), "wrong-digest", "fail"],
  ["signatures never looked at", shares(TAKEN), "wrong-key", "fail"],
  ["signatures never looked at", shares(TAKEN), "wrong-time", "fail"],
  ["signatures never looked at", shares(TAKEN), "uncovered", "fail"],
  ["signatures never looked at", shares(TAKEN), "foreign-sender", "fail"],
  ["bad signatures break the server", shares({ status: 500 }), "wrong-key", "fail"],
  ["unknown shares accepted", at("/ocm/notifications", { status: 201 }), "unknown-share", "warning"],
  ["unknown shares break the server", at("/ocm/notifications", { status: 500 }), "unknown-share", "fail"],
  ["unknown invites accepted", at("/ocm/invite-accepted", { status: 200, body: {} }), "unknown-invite", "fail"],
  ["unknown invites break the server", at("/ocm/invite-accepted", { status: 500 }), "unknown-invite", "fail"],
  ["any code exchanged", at("/ocm/token", { body: { access_token: "t", token_type: "Bearer" } }), "wrong-code", "fail"],
  ["an error without its name", at("/ocm/token", { status: 400, body: { message: "No." } }), "wrong-code", "fail"],
  [
    "an error of another kind",
    at("/ocm/token", { status: 400, body: { error: "no_such_thing" } }),
    "wrong-code",
    "fail",
  ],
  [
    "an error with another status",
    at("/ocm/token", { status: 404, body: { error: "invalid_grant" } }),
    "wrong-code",
    "fail",
  ],
  [
    "unsigned token requests taken",
    at("/ocm/token", { body: { access_token: "t" } }, ({ headers }) => headers.signature === undefined),
    "unsigned-token",
    "fail",
  ],
];

describe("each defect of a peer is found by the check that is for it:", () => {
  it.each(DEFECTS)(
    "%s",
    async (_what, defect, check, status) => {
      peer.defect = defect;
      const [result] = await results(bench, check);
      expect(result).toMatchObject({ name: check, status });
      expect(result?.problems.every(({ id }) => result.ids.includes(id))).toBe(true);
    },
    40_000,
  );
});

describe("defects that show after a good share:", () => {
  const isSecond = (): ((request: FrontRequest) => boolean) => {
    const seen = new Set<unknown>();
    return ({ json }) => seen.has(json.providerId) || !seen.add(json.providerId);
  };
  const after: [string, () => Defect, string, Status][] = [
    ["the same share breaks the server", () => shares({ status: 500 }, isSecond()), "share-again", "fail"],
    ["the same share is a conflict", () => shares({ status: 409 }, isSecond()), "share-again", "warning"],
    [
      "unknown fields are refused",
      () => shares({ status: 400 }, ({ text }) => text.includes("x-koa-ocm-check")),
      "unknown-fields",
      "fail",
    ],
    ["the end of a share is refused", () => at("/ocm/notifications", { status: 400 }), "unshare", "fail"],
    [
      "a digest that does not fit is answered with 404",
      () => shares({ status: 404 }, ({ headers }) => isDigestWrong(headers)),
      "wrong-digest",
      "warning",
    ],
  ];
  it.each(after)(
    "%s",
    async (_what, defect, check, status) => {
      peer.defect = defect();
      const [first, second] = await results(bench, "share", check);
      expect(first).toMatchObject({ name: "share", status: "pass" });
      expect(second).toMatchObject({ name: check, status });
    },
    40_000,
  );
});

describe("what cannot be told is skipped, with the reason:", () => {
  it("a refusal says nothing where a good share is refused alike", async () => {
    peer.defect = shares({ status: 404, body: { message: "No." } });
    const [, result] = await results(bench, "share", "wrong-key");
    expect(result).toMatchObject({ status: "skipped" });
    expect(result?.found).toContain("so may be a good share");
  });

  it("a server that knows no signatures is not asked for them", async () => {
    peer.defect = says({ capabilities: [], criteria: [] });
    const found = await results(bench, "keys", "unsigned", "wrong-key", "foreign-sender");
    expect(found.map(({ status }) => status)).toEqual(["skipped", "skipped", "skipped", "skipped"]);
  });

  it("a server that demands an invite is not sent a share before", async () => {
    peer.defect = says({ criteria: ["must-invite"] });
    const [result] = await results(bench, "share");
    expect(result).toMatchObject({ status: "skipped" });
  });
});

it.each([
  [404, "User bob does not exist", "it was refused: 404 User bob does not exist. Is there an account “bob” there?"],
  [400, "Unknown recipient.", "it was refused: 400 Unknown recipient. Is there an account “bob” there?"],
  [400, "The name is too long.", "it was refused: 400 The name is too long."],
  [403, "No user of yours.", "it was refused: 403 No user of yours."],
])("a good share that is answered with %i “%s” is told as such", async (status, message, found) => {
  peer.defect = shares({ status, body: { message } });
  const [result] = await results(bench, "share");
  expect(result).toMatchObject({ status: "fail", found });
});

it("what is taken without a body is told as such, and a token in an answer is masked", async () => {
  peer.defect = shares(TAKEN, ({ text }) => text === "");
  const [body] = await results(bench, "bad-json");
  expect(body?.found).toMatch(/^an empty body was taken: 201/);
  peer.defect = at("/ocm/token", { body: { access_token: "a-token-of-the-peer", token_type: "Bearer" } });
  const [code] = await results(bench, "wrong-code");
  expect(code?.found).toContain("‹access_token 1›");
  expect(code?.found).not.toContain("a-token");
});

it("a clock that is wrong is a warning of the doctor", async () => {
  const date = new Date(Date.now() + 20_000).toUTCString();
  peer.defect = {
    document: (document) => document,
    answer: ({ path }) => (path === "/ocm/notifications" ? { status: 400, headers: { date } } : undefined),
  };
  const [result] = await results(bench, "doctor");
  expect(result?.status).toBe("warning");
});

it("a stack trace in any answer is found, with the answer that shows it", async () => {
  const trace = "Error: boom\n    at take (/srv/app/lib/shares.js:10:7)\n    at next (/srv/app/index.js:3:1)";
  peer.defect = at("/ocm/invite-accepted", { status: 400, body: { message: trace } });
  const [, result] = await results(bench, "unknown-invite", "no-stack-trace");
  expect(result).toMatchObject({ status: "fail" });
  expect(result?.problems[0]?.message?.path).toBe("/ocm/invite-accepted");
});

it("every check of the table is known by its name", () => {
  expect(new Set(CHECK_NAMES).size).toBe(CHECK_NAMES.length);
  for (const [, , check] of DEFECTS) expect(CHECK_NAMES).toContain(check);
});

function keySet(key: Record<string, unknown>): Defect {
  return { answer: ({ path }) => (path.endsWith("jwks.json") ? { body: { keys: [key] } } : undefined) };
}

/** The digest is that of an empty object, which is what the check signs instead of the body. */
function isDigestWrong(headers: FrontRequest["headers"]): boolean {
  return headers["content-digest"] === `sha-256=:${createHash("sha256").update("{}").digest("base64")}:`;
}
