import { describe, expect, it } from "vitest";
import type { Message } from "../faults/message.ts";
import { readSignature } from "../faults/signature.ts";
import { checkKey, signed, type Tweaks } from "./signature.ts";

describe("The key of the checks", () => {
  it.each(["http://localhost:4711", "https://ours.example.org"])(
    "of %s is named as the plugin names its own",
    (origin) => {
      const { kid, jwk } = checkKey(origin);
      expect(kid).toBe(`${origin}/ocm#checks`);
      expect(jwk.kid).toBe(kid);
      expect(jwk).not.toHaveProperty("d");
    },
  );

  it.each<[string, Tweaks, string]>([
    ["as the draft says", {}, "valid"],
    ["with another key", { key: checkKey("https://stranger.invalid") }, "not valid"],
    ["for another time", { later: 3600 }, "valid"],
  ])("signs %s", (_what, tweaks, verdict) => {
    const key = checkKey("http://localhost:1");
    const body = Buffer.from("{}");
    const url = "http://localhost:2/ocm/shares";
    const headers = signed({ method: "POST", url, body }, key, tweaks);
    const message: Message = {
      number: 1,
      from: null,
      to: "peer",
      at: 0,
      ms: 1,
      method: "POST",
      path: "/ocm/shares",
      url,
      requestHeaders: Object.entries(headers),
      requestBody: body,
      status: 201,
      responseHeaders: [],
      responseBody: Buffer.alloc(0),
      responseSize: 0,
      harm: null,
    };
    const reading = readSignature(message, new Map([[key.kid, key.jwk]]));
    expect(reading).toMatchObject({ verdict, keyid: key.kid });
  });
});
