import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PeerFailure } from "../ports/peer-client.ts";
import { TransportError } from "../ports/system.ts";
import { OcmError } from "../protocol/errors.ts";
import { addressOf, errorType, methodOf, redactedPath, spanName } from "./http.ts";

describe("Names of spans", () => {
  it("are the method and the route", () => {
    expect(spanName("POST", "/ocm/shares")).toBe("POST /ocm/shares");
    expect(spanName("PROPFIND", "/ocm/dav/*path")).toBe("PROPFIND /ocm/dav/*path");
    expect(spanName("GET", undefined)).toBe("GET");
  });

  it("hold no method that a stranger made up", () => {
    expect(spanName("STEAL-42", "/ocm/shares")).toBe("HTTP /ocm/shares");
    fc.assert(fc.property(fc.string(), (method) => methodOf(method) === "_OTHER" || methodOf(method) === method));
    expect(methodOf("get")).toBe("_OTHER");
  });
});

describe("Paths", () => {
  it.each([
    ["/ocm/shares", "/ocm/shares"],
    ["/ocm/dav/*path", "/ocm/dav/REDACTED"],
    ["/ocm/api/v1/shares/received/:id/content", "/ocm/api/v1/shares/received/REDACTED/content"],
    ["/.well-known/ocm", "/.well-known/ocm"],
    ["", ""],
  ])("of the route %s are %s", (route, path) => {
    expect(redactedPath(route)).toBe(path);
  });
});

describe("Addresses", () => {
  it.each([
    ["https", "cloud.example.org", "cloud.example.org", 443],
    ["http", "localhost", "localhost", 80],
    ["https", "cloud.example.org:8443", "cloud.example.org", 8443],
    ["https", "[2001:db8::1]:8443", "2001:db8::1", 8443],
  ])("of %s and %s have a port", (scheme, host, address, port) => {
    expect(addressOf(scheme, host)).toEqual({ "server.address": address, "server.port": port });
  });
});

describe("Types of errors", () => {
  it("are codes, of which there are few", () => {
    expect(errorType(new TransportError("dns", "No address for bob@peer.example."))).toBe("dns");
    expect(errorType(new PeerFailure("peer-unreachable", "peer.example", "Secret."))).toBe("peer-unreachable");
    expect(errorType(new OcmError("signature-invalid"))).toBe("signature-invalid");
  });

  it("are never a message, or whatever somebody threw", () => {
    for (const thrown of [
      new Error("secret"),
      "secret",
      null,
      undefined,
      { code: "a secret sentence" },
      { code: 42 },
    ]) {
      expect(errorType(thrown)).toBe("_OTHER");
    }
  });
});
