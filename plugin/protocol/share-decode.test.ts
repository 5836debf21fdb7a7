import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, outcome, problemsOf } from "./arbitraries.test-helper.ts";
import type { JsonObject } from "./json.ts";
import { claimedHost, type DecodedShare, decodeShare } from "./share-decode.ts";
import { bodies, draft } from "./vendor-shares.test-helper.ts";

const problems = (json: unknown) => problemsOf(() => decodeShare(json));

describe("a share of the draft", () => {
  it("is read with all its fields (SHARE-14 to SHARE-36, WEBDAV-02 to WEBDAV-21)", () => {
    expect(decodeShare(draft)).toEqual({
      dialect: "ocm",
      share: {
        shareWith: { identifier: "51dc30dd", host: "receiver.example" },
        owner: { identifier: "dimitri", host: "sender.example" },
        sender: { identifier: "john", host: "sender.example" },
        ownerDisplayName: "Dimitri",
        senderDisplayName: "John Doe",
        name: "resource.txt",
        description: "An example",
        providerId: "7c084226-d9a1-11e6-bf26-cec0c932ce01",
        shareType: "user",
        resourceType: "file",
        expiration: 1_900_000_000,
        webdav: { ...draft.protocol.webdav, form: "object" },
        otherProtocols: [],
      },
    });
  });

  it("may leave out what is optional (SHARE-17, SHARE-22, SHARE-23, SHARE-28, SHARE-29)", () => {
    const { description, ownerDisplayName, senderDisplayName, expiration, ...rest } = draft;
    expect(decodeShare(rest).share).toMatchObject({
      description: null,
      ownerDisplayName: null,
      senderDisplayName: null,
      expiration: null,
    });
  });
});

describe("a share that is not valid", () => {
  it("is refused with all that is missing at once (SHARE-14 to SHARE-31, SHARE-42)", () => {
    expect(problems({})).toEqual(
      expect.arrayContaining(
        ["shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol"].map(
          (name) => `${name} REQUIRED`,
        ),
      ),
    );
    expect(problems({})).toHaveLength(8);
  });

  it.each(["shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol"])(
    "is refused without %s, or when it is empty or null (SHARE-42)",
    (field) => {
      for (const value of [undefined, null, ""])
        expect(problems({ ...draft, [field]: value })).toEqual([`${field} REQUIRED`]);
    },
  );

  it("is refused with all that is ill-typed at once", () => {
    const json = {
      shareWith: "bob",
      name: 1,
      description: [],
      providerId: 1.5,
      owner: "alice@host/path",
      sender: {},
      ownerDisplayName: 5,
      shareType: true,
      resourceType: ["file"],
      expiration: "soon",
      protocol: { webdav: { uri: 1, sharedSecret: 2, permissions: 3, requirements: [4], size: -5 } },
    };
    expect(problems(json)).toEqual(
      expect.arrayContaining([
        "shareWith NOT_AN_OCM_ADDRESS",
        "name NOT_A_STRING",
        "description NOT_A_STRING",
        "providerId NOT_A_STRING",
        "owner NOT_AN_OCM_ADDRESS",
        "sender NOT_A_STRING",
        "ownerDisplayName NOT_A_STRING",
        "shareType NOT_A_STRING",
        "resourceType NOT_A_STRING",
        "expiration NOT_AN_INTEGER",
        "protocol.webdav.uri NOT_A_STRING",
        "protocol.webdav.sharedSecret NOT_A_STRING",
        "protocol.webdav.permissions NOT_A_LIST_OF_STRINGS",
        "protocol.webdav.requirements NOT_A_LIST_OF_STRINGS",
        "protocol.webdav.size NOT_AN_INTEGER",
      ]),
    );
    expect(problems(json)).toHaveLength(15);
  });

  it.each([null, [], "text", 5])("is refused as %j, which is no object", (json) => {
    expect(outcome(() => decodeShare(json))).toBe("invalid-fields");
    expect(outcome(() => claimedHost(json))).toBe("invalid-fields");
  });

  it.each([
    [1_900_000_000, 1_900_000_000],
    ["1900000000", 1_900_000_000],
    [0, null],
    ["0", null],
    ["", null],
    [null, null],
  ])("may have expiration %j, which is %j (SHARE-28, SHARE-29, G-43)", (expiration, seconds) => {
    expect(decodeShare({ ...draft, expiration }).share.expiration).toBe(seconds);
  });

  it.each([
    [1_900_000_000_000, "NOT_SECONDS"],
    ["1900000000000", "NOT_SECONDS"],
    [1.5, "NOT_AN_INTEGER"],
    [-1, "NOT_AN_INTEGER"],
    ["tomorrow", "NOT_AN_INTEGER"],
    [true, "NOT_AN_INTEGER"],
    [1e300, "NOT_AN_INTEGER"],
  ])("is refused with expiration %j as %s (G-43)", (expiration, message) => {
    expect(problems({ ...draft, expiration })).toEqual([`expiration ${message}`]);
  });

  it("is refused with text that is no Unicode", () => {
    expect(problems({ ...draft, name: "\ud800" })).toEqual(["name NOT_UNICODE"]);
  });
});

describe("claimedHost", () => {
  it.each([
    ["draft", "sender.example"],
    ["nextcloud", "nc.example"],
    ["owncloud", "oc.example"],
    ["openCloud", "cloud.example"],
    ["cernbox", "cernbox.example"],
    ["ocis7", "ocis.example"],
    ["ocmgo", "go.example:9200"],
    ["seafileFile", "nc.example"],
  ] as const)("is the host that speaks in the share of %s (G-01, SIG-15)", (name, host) => {
    expect(claimedHost(bodies[name])).toBe(host);
  });

  it("needs nothing else of the body", () => {
    expect(claimedHost({ sender: "a@Host.example:443" })).toBe("host.example");
    expect(claimedHost({ sharedBy: "a@h", owner: "b@h" })).toBe("h");
  });

  it.each<[JsonObject, string[]]>([
    [{}, ["sender REQUIRED"]],
    [{ sender: "a" }, ["sender NOT_AN_OCM_ADDRESS"]],
    [{ owner: "a@h" }, ["sender REQUIRED"]],
    [{ sharedBy: "a@h" }, ["owner REQUIRED"]],
  ])("of %j is refused", (json, errors) => {
    expect(problemsOf(() => claimedHost(json))).toEqual(expect.arrayContaining(errors));
  });
});

describe("any input", () => {
  const inputs = fc.oneof(fc.jsonValue(), ...Object.values(bodies).map(broken));

  it("throws nothing but OcmError", () => {
    fc.assert(
      fc.property(inputs, (json) => {
        expect(outcome(() => decodeShare(json))).not.toBeInstanceOf(Error);
        expect(outcome(() => claimedHost(json))).not.toBeInstanceOf(Error);
      }),
      { numRuns: 1000 },
    );
  }, 30_000);

  it("has the host of the sender as the host that must have signed, whenever it is a share (G-02)", () => {
    fc.assert(
      fc.property(inputs, (json) => {
        const decoded = outcome(() => decodeShare(json));
        if (typeof decoded !== "object" || decoded === null || !("value" in decoded)) return;
        const { share } = decoded.value as DecodedShare;
        expect(claimedHost(json)).toBe(share.sender.host);
        expect(share.webdav === null || share.webdav.sharedSecret !== "").toBe(true);
        expect([share.providerId, share.name, share.owner.identifier, share.shareWith.host]).not.toContain("");
      }),
      { numRuns: 1000 },
    );
  }, 30_000);
});
