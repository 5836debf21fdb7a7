import { describe, expect, it } from "vitest";
import { meets, receiverFlow, senderFlow } from "./code-flow.ts";
import type { PeerProfile } from "./profile.ts";

interface Abilities {
  criterion?: boolean;
  exchanges?: boolean;
  endpoint?: boolean;
}

function peer({ criterion, exchanges, endpoint = exchanges }: Abilities): PeerProfile {
  return {
    host: "peer.example",
    enabled: true,
    apiVersion: "1.4.0",
    endPoint: "https://peer.example/ocm",
    provider: null,
    resourceTypes: [],
    capabilities: exchanges ? ["exchange-token"] : [],
    criteria: criterion ? ["must-exchange-token"] : [],
    tokenEndPoint: endpoint ? "https://peer.example/ocm/token" : null,
    jwksUri: null,
    inviteAcceptDialog: null,
  };
}
const strict = ["must-exchange-token"];

describe("senderFlow", () => {
  it.each([
    // criterion, receiver can, sender can: share?, strict?
    [true, true, true, true, true, "SHARE-06"],
    [true, true, false, false, undefined, "SHARE-08"],
    [true, false, true, false, undefined, "DISC-42"],
    [true, false, false, false, undefined, "DISC-42"],
    [false, true, true, true, true, "SHARE-09"],
    [false, true, false, true, false, "TOK-15"],
    [false, false, true, true, false, "TOK-14"],
    [false, false, false, true, false, "TOK-15"],
  ])(
    "with criterion %s, receiver %s, sender %s: creates %s, strict %s (%6$s)",
    (criterion, exchanges, own, create, isStrict, _row) => {
      const flow = senderFlow({ exchangeToken: own }, peer({ criterion, exchanges }));
      expect(flow).toMatchObject(create ? { create, strict: isStrict } : { create, code: "peer-incompatible" });
    },
  );

  it("says in a sentence why there is no share", () => {
    expect(senderFlow({ exchangeToken: false }, peer({ criterion: true, exchanges: true }))).toHaveProperty(
      "reason",
      "peer.example demands the token exchange, which this server does not offer.",
    );
    expect(senderFlow({ exchangeToken: true }, peer({ criterion: true }))).toHaveProperty(
      "reason",
      "peer.example demands the token exchange and does not support it: its operator has to correct that.",
    );
  });
});

describe("receiverFlow", () => {
  it("exchanges for a strict share, and nothing else opens it (TOK-13, ACC-06)", () => {
    expect(receiverFlow(strict, { exchangeToken: true }, peer({ exchanges: true }))).toBe("exchange");
    expect(receiverFlow(strict, { exchangeToken: true }, peer({ endpoint: true }))).toBe("exchange");
  });

  it("may try for a share that is not strict (ACC-07, ACC-08)", () => {
    expect(receiverFlow(["must-use-mfa"], { exchangeToken: true }, peer({ exchanges: true }))).toBe("try-exchange");
  });

  it.each([
    [false, { exchanges: true }],
    [true, {}],
    [true, { endpoint: true }],
    [true, { exchanges: true, endpoint: false }],
  ])("uses the secret where one of the two cannot exchange: own %s, peer %j (TOK-15)", (exchangeToken, abilities) => {
    expect(receiverFlow([], { exchangeToken }, peer(abilities))).toBe("secret");
  });

  it("refuses a strict share that cannot be exchanged (G-30)", () => {
    expect(receiverFlow(strict, { exchangeToken: false }, peer({ exchanges: true }))).toMatchObject({
      code: "protocol-unsupported",
    });
    expect(receiverFlow(strict, { exchangeToken: true }, peer({}))).toMatchObject({
      code: "peer-incompatible",
      reason: "The share demands the token exchange, and peer.example names no token endpoint.",
    });
  });
});

describe("meets", () => {
  it.each([
    [[], {}, true],
    [strict, { exchangeToken: true }, true],
    [strict, {}, false],
    [["must-use-mfa"], { enforceMfa: true }, true],
    [["must-use-mfa"], { exchangeToken: true }, false],
    [["must-exchange-token", "must-use-mfa"], { exchangeToken: true, enforceMfa: true }, true],
    [["must-dance"], { exchangeToken: true, enforceMfa: true }, false],
  ])("of %j with %j is %s (G-13, G-30, G-54)", (requirements, own, met) => {
    expect(meets(requirements, { exchangeToken: false, enforceMfa: false, ...own })).toBe(met);
  });
});
