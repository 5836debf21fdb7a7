import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, hosts, outcome } from "./arbitraries.test-helper.ts";
import {
  DEFAULT_TOKEN_SECONDS,
  decodeTokenGrant,
  decodeTokenRefusal,
  decodeTokenRequest,
  encodeTokenError,
  encodeTokenGrant,
  encodeTokenRequest,
  TokenError,
} from "./token.ts";

const form = "grant_type=authorization_code&client_id=receiver.example&code=s3cret";

function refusal(text: string): unknown {
  const result = outcome(() => decodeTokenRequest(new URLSearchParams(text)));
  return result instanceof TokenError ? result.error : result;
}

describe("a token request", () => {
  it("is read as it is written (TOK-02, TOK-04, TOK-05)", () => {
    fc.assert(
      fc.property(hosts, fc.string({ unit: "grapheme", minLength: 1 }), (clientId, code) => {
        const posted = new URLSearchParams(encodeTokenRequest({ clientId, code })).toString();
        expect(decodeTokenRequest(new URLSearchParams(posted))).toEqual({ clientId, code });
      }),
    );
  });

  it("has a canonical host as client_id, with its port (G-04)", () => {
    const request = decodeTokenRequest(new URLSearchParams(form.replace("receiver.example", "Receiver.example:8443")));
    expect(request.clientId).toBe("receiver.example:8443");
  });

  it("may have other parameters, also twice, which are ignored (TOK-06, Y-22)", () => {
    const text = `${form}&redirect_uri=https%3A%2F%2Freceiver.example%2Fcallback&scope=a&scope=b`;
    expect(decodeTokenRequest(new URLSearchParams(text))).toEqual({ clientId: "receiver.example", code: "s3cret" });
  });

  it.each([
    "",
    "grant_type=authorization_code&client_id=receiver.example",
    "grant_type=authorization_code&code=s3cret",
    "client_id=receiver.example&code=s3cret",
    "grant_type=authorization_code&client_id=receiver.example&code=",
    `${form}&code=s3cret`,
    `${form}&client_id=receiver.example`,
    `${form}&grant_type=authorization_code`,
    "grant_type=authorization_code&client_id=a%2Fb&code=s3cret",
  ])("is an invalid_request when it is %j (TOK-11)", (text) => {
    expect(refusal(text)).toBe("invalid_request");
  });

  it.each(["refresh_token", "client_credentials", "ocm_share", "Authorization_code"])(
    "is refused with another grant_type, %s (TOK-12)",
    (type) => {
      expect(refusal(form.replace("authorization_code", type))).toBe("unsupported_grant_type");
    },
  );

  it("throws nothing but TokenError", () => {
    const pairs = fc.tuple(
      fc.constantFrom("grant_type", "client_id", "code", "x"),
      fc.oneof(fc.string(), fc.constant("authorization_code")),
    );
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 6 }), (parameters) => {
        const result = outcome(() => decodeTokenRequest(new URLSearchParams(parameters)));
        expect(result instanceof TokenError || !(result instanceof Error)).toBe(true);
      }),
    );
  });
});

describe("a token response", () => {
  it("is read as it is written (TOK-07, TOK-09)", () => {
    const grant = { accessToken: "ocm_abc", expiresIn: 300 };
    expect(encodeTokenGrant(grant)).toEqual({ access_token: "ocm_abc", token_type: "Bearer", expires_in: 300 });
    expect(decodeTokenGrant(encodeTokenGrant(grant))).toEqual(grant);
  });

  it.each(["bearer", "BEARER", "Bearer", undefined])("may have token_type %s", (type) => {
    expect(decodeTokenGrant({ access_token: "a", token_type: type, expires_in: 5 })).toEqual({
      accessToken: "a",
      expiresIn: 5,
    });
  });

  it.each([
    [3600, 3600],
    ["3600", 3600],
    [59.9, 59],
    [undefined, DEFAULT_TOKEN_SECONDS],
    [null, DEFAULT_TOKEN_SECONDS],
    [0, DEFAULT_TOKEN_SECONDS],
    [-5, DEFAULT_TOKEN_SECONDS],
    ["soon", DEFAULT_TOKEN_SECONDS],
    [Number.POSITIVE_INFINITY, DEFAULT_TOKEN_SECONDS],
  ])("lives for the seconds that expires_in %j says, or a short while (Y-21)", (expiresIn, seconds) => {
    expect(decodeTokenGrant({ access_token: "a", token_type: "Bearer", expires_in: expiresIn }).expiresIn).toBe(
      seconds,
    );
  });

  it.each([
    null,
    [],
    {},
    { access_token: "" },
    { access_token: 5 },
    { access_token: "a\r\nX-Evil: 1" },
    { access_token: "a", token_type: "mac" },
    { access_token: "a", token_type: 1 },
  ])("is refused as %j", (json) => {
    expect(outcome(() => decodeTokenGrant(json))).toBe("peer-incompatible");
  });

  it("throws nothing but OcmError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken(encodeTokenGrant({ accessToken: "a", expiresIn: 9 }))), (json) => {
        expect(outcome(() => decodeTokenGrant(json))).not.toBeInstanceOf(Error);
      }),
    );
  });
});

describe("a refusal", () => {
  it("has an OAuth code and a description (TOK-11)", () => {
    const error = new TokenError("invalid_grant", "The code is unknown.");
    expect(encodeTokenError(error)).toEqual({ error: "invalid_grant", error_description: "The code is unknown." });
    expect(decodeTokenRefusal(400, encodeTokenError(error))).toEqual({
      error: "invalid_grant",
      description: "The code is unknown.",
    });
  });

  it.each([
    [400, { error: "invalid_grant" }, "invalid_grant"],
    [401, { error: "invalid_grant" }, "invalid_grant"],
    [401, "Unauthorized", "invalid_client"],
    [403, undefined, "unauthorized_client"],
    [400, { error: "server_error" }, "invalid_request"],
    [400, { error: "toString" }, "invalid_request"],
  ])("is read from status %d with body %j (G-26)", (status, body, error) => {
    expect(decodeTokenRefusal(status, body)).toEqual({ error, description: null });
  });

  it.each([200, 404, 429, 500, 503])("is not read from status %d", (status) => {
    expect(decodeTokenRefusal(status, { error: "invalid_grant" })).toBeNull();
  });

  it("is read from any body without an exception", () => {
    fc.assert(fc.property(fc.nat(600), fc.jsonValue(), (status, json) => void decodeTokenRefusal(status, json)));
  });
});
