import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broken, outcome } from "./arbitraries.test-helper.ts";
import { OcmError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { claimedHost, type DecodedShare, decodeShare } from "./share-decode.ts";

/** The example of the draft's section 6.1, form 3. */
const draft = {
  shareWith: "51dc30dd@receiver.example",
  name: "resource.txt",
  description: "An example",
  providerId: "7c084226-d9a1-11e6-bf26-cec0c932ce01",
  owner: "dimitri@sender.example",
  sender: "john@sender.example",
  ownerDisplayName: "Dimitri",
  senderDisplayName: "John Doe",
  shareType: "user",
  resourceType: "file",
  expiration: 1_900_000_000,
  protocol: {
    name: "multi",
    webdav: {
      uri: "7c084226-d9a1-11e6-bf26-cec0c932ce01",
      sharedSecret: "hfiuhworzwnur98d3wjiwhr",
      permissions: ["read", "write"],
      requirements: ["must-exchange-token"],
      size: 1024,
    },
  },
} satisfies JsonObject;

/** FFS/Notifications.php of Nextcloud 30, with a numeric providerId and a scheme in shareWith. */
const nextcloud = {
  shareWith: "bob@https://receiver.example",
  shareType: "user",
  name: "report.txt",
  resourceType: "file",
  description: "",
  providerId: 42,
  owner: "alice@nc.example",
  ownerDisplayName: "alice",
  sharedBy: "alice@nc.example",
  sharedByDisplayName: "Alice",
  protocol: {
    name: "webdav",
    options: { sharedSecret: "Ab3cD", permissions: "{http://open-cloud-mesh.org/ns}share-permissions" },
  },
} satisfies JsonObject;

const owncloud = {
  shareWith: "bob@receiver.example",
  name: "report.txt",
  providerId: "42",
  owner: "einstein@https://oc.example",
  ownerDisplayName: "einstein",
  sender: "einstein@https://oc.example",
  senderDisplayName: "einstein",
  shareType: "user",
  resourceType: "file",
  protocol: { name: "webdav", options: { sharedSecret: "Ab3cD" } },
} satisfies JsonObject;

const openCloud = {
  shareWith: "bob@receiver.example",
  name: "report.txt",
  description: "",
  providerId: "0b6e",
  owner: "b1f74ec4@https://cloud.example@cloud.example",
  sender: "b1f74ec4@https://cloud.example@cloud.example",
  ownerDisplayName: "",
  senderDisplayName: "Alan Turing",
  shareType: "user",
  expiration: 0,
  resourceType: "file",
  protocol: {
    name: "multi",
    options: {},
    webdav: { sharedSecret: "s3cret", permissions: ["read", "write"], uri: "https://cloud.example/dav/ocm/0b6e" },
  },
} satisfies JsonObject;

const cernbox = {
  shareWith: "bob@receiver.example",
  name: "report.txt",
  description: "",
  providerId: "1234",
  owner: "einstein@cernbox.example",
  sender: "einstein@cernbox.example",
  ownerDisplayName: "",
  senderDisplayName: "Albert Einstein",
  code: "",
  shareType: "user",
  resourceType: "file",
  expiration: 0,
  protocol: {
    name: "multi",
    options: {},
    webapp: {
      uri: "https://cernbox.example/external/sciencemesh/1234",
      sharedSecret: "s3cret",
      permissions: ["read"],
      requirements: ["must-exchange-token"],
      targets: ["blank"],
    },
    webdav: { sharedSecret: "s3cret", permissions: null, uri: "https://cernbox.example/remote.php/dav/ocm/1234" },
  },
} satisfies JsonObject;

const ocis7 = {
  ...openCloud,
  shareWith: "bob@receiver.example@receiver.example",
  owner: "4c510ada@ocis.example@ocis.example",
  sender: "4c510ada@ocis.example@ocis.example",
  protocol: {
    name: "multi",
    options: {},
    webdav: { sharedSecret: "s3cret", permissions: ["read"], url: "https://ocis.example/dav/ocm/0b6e" },
    datatx: { sharedSecret: "", srcUri: "https://ocis.example/dav/ocm/0b6e", size: 123 },
  },
} satisfies JsonObject;

const ocmgo = {
  shareWith: "bob@receiver.example",
  name: "hello-ocm.txt",
  providerId: "01932f6e",
  owner: "dXVpZEBnby5leGFtcGxl@go.example:9200",
  sender: "dXVpZEBnby5leGFtcGxl@go.example:9200",
  shareType: "user",
  resourceType: "file",
  protocol: {
    name: "multi",
    webdav: {
      uri: "01932f6f",
      sharedSecret: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      permissions: ["read"],
      requirements: ["must-exchange-token"],
    },
  },
} satisfies JsonObject;

const seafileLibrary = {
  shareWith: "bob@receiver.example",
  name: "My Library",
  description: "",
  providerId: "71687320-6219-47af-82f3-32012707a5ae",
  owner: "0a1b@auth.local",
  sender: "alice@sf.example",
  ownerDisplayName: "Alice",
  senderDisplayName: "Alice",
  shareType: "user",
  resourceType: "library",
  protocol: {
    name: "Seafile API",
    options: {
      sharedSecret: "abc",
      permissions: ["read", "write"],
      repoId: "id",
      seafileServiceURL: "https://sf.example/",
    },
  },
} satisfies JsonObject;

const seafileFile = {
  ...nextcloud,
  shareWith: "bob@example.com@https://receiver.example",
  sender: "alice@nc.example",
  senderDisplayName: "Alice",
  expiration: 0,
  protocol: { name: "webdav", options: { sharedSecret: "cmVwbzovZmlsZQ==", permissions: "read" } },
} satisfies JsonObject;

const stub = {
  shareWith: "bob@receiver.example",
  name: "from-stub.txt",
  providerId: "stub",
  meshProvider: "stub",
  owner: "einstein@stub",
  ownerDisplayName: "einstein",
  sender: "einstein@stub",
  senderDisplayName: "einstein",
  shareType: "user",
  resourceType: "file",
  code: "123456",
  protocol: {
    name: "webdav",
    options: { sharedSecret: "shareMeNot" },
    webdav: { sharedSecret: "shareMeNot", URI: "https://stub/webdav-api/file.txt" },
  },
} satisfies JsonObject;

const talk = {
  ...nextcloud,
  resourceType: "talk-room",
  protocol: {
    name: "nctalk",
    options: { sharedSecret: "s" },
    invitedCloudId: "bob@receiver.example",
    roomName: "r",
    roomType: 2,
  },
} satisfies JsonObject;

const bodies = {
  draft,
  nextcloud,
  owncloud,
  openCloud,
  cernbox,
  ocis7,
  ocmgo,
  seafileLibrary,
  seafileFile,
  stub,
  talk,
};

function problems(json: unknown): unknown {
  try {
    return decodeShare(json);
  } catch (error) {
    return error instanceof OcmError ? error.validationErrors?.map(({ name, message }) => `${name} ${message}`) : error;
  }
}
const webdavOf = (webdav: JsonObject) => decodeShare({ ...draft, protocol: { name: "multi", webdav } }).share.webdav;
const plain = { uri: "7c08", sharedSecret: "s3cret" };

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

  it.each(["multi", "webdav", "", null, undefined, "something"])(
    "may have its webdav object under protocol name %j (SHARE-32, G-41)",
    (name) => {
      const { protocol, ...rest } = draft;
      expect(decodeShare({ ...rest, protocol: { ...protocol, name } }).share.webdav?.uri).toBe(protocol.webdav.uri);
    },
  );

  it("is read from options in the deprecated form (SHARE-32, SHARE-34, ACC-13)", () => {
    const protocol = { name: "webdav", options: { sharedSecret: "s3cret", permissions: "some permissions scheme" } };
    expect(decodeShare({ ...draft, protocol }).share.webdav).toEqual({
      uri: null,
      sharedSecret: "s3cret",
      permissions: ["read"],
      requirements: [],
      size: null,
      form: "options",
    });
  });

  it("names the other protocols that are offered", () => {
    const protocol = { ...draft.protocol, webapp: {}, ssh: { uri: "u@h:/p" }, note: "text", options: {} };
    expect(decodeShare({ ...draft, protocol }).share.otherProtocols).toEqual(["webapp", "ssh"]);
    const { webdav: _, ...others } = protocol;
    expect(decodeShare({ ...draft, protocol: others }).share).toMatchObject({
      webdav: null,
      otherProtocols: ["webapp", "ssh"],
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

  it.each<[unknown, string[]]>([
    [[], ["protocol NOT_AN_OBJECT"]],
    ["webdav", ["protocol NOT_AN_OBJECT"]],
    [{}, ["protocol.webdav REQUIRED"]],
    [{ name: "multi" }, ["protocol.webdav REQUIRED"]],
    [{ name: "multi", options: {} }, ["protocol.webdav REQUIRED"]],
    [{ name: "webdav" }, ["protocol.webdav REQUIRED"]],
    [{ name: "webdav", options: {} }, ["protocol.options.sharedSecret REQUIRED"]],
    [{ name: "webdav", options: { sharedSecret: 5 } }, ["protocol.options.sharedSecret NOT_A_STRING"]],
    [{ name: 5, webdav: plain }, ["protocol.name NOT_A_STRING"]],
    [{ name: "multi", webdav: "7c08" }, ["protocol.webdav NOT_AN_OBJECT"]],
    [{ name: "multi", webdav: {} }, ["protocol.webdav.uri REQUIRED", "protocol.webdav.sharedSecret REQUIRED"]],
    [{ name: "multi", webdav: { uri: "7c08" } }, ["protocol.webdav.sharedSecret REQUIRED"]],
    [{ name: "multi", webdav: { sharedSecret: "s" } }, ["protocol.webdav.uri REQUIRED"]],
    [{ name: "multi", webdav: { ...plain, uri: "../x" } }, ["protocol.webdav.uri NOT_A_USABLE_URI"]],
    [{ name: "multi", webdav: { ...plain, uri: "ftp://h/x" } }, ["protocol.webdav.uri NOT_A_USABLE_URI"]],
    [
      { name: "multi", webdav: { ...plain, sharedSecret: "a\r\nb" } },
      ["protocol.webdav.sharedSecret NOT_VISIBLE_ASCII"],
    ],
  ])("is refused with protocol %j (WEBDAV-07, WEBDAV-12, ACC-15, G-37)", (protocol, errors) => {
    expect(problems({ ...draft, protocol })).toEqual(errors);
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

describe("permissions", () => {
  it.each([
    [
      ["read", "write", "share"],
      ["read", "write", "share"],
    ],
    [
      ["share", "read", "read"],
      ["read", "share"],
    ],
    [["write"], ["write"]],
    [["read", "view"], ["read"]],
    [["view"], ["read"]],
    [[], ["read"]],
    [undefined, ["read"]],
    [null, ["read"]],
    ["", ["read"]],
    ["read,write", ["read", "write"]],
    ["{http://open-cloud-mesh.org/ns}share-permissions", ["read"]],
    [{ "0": "read", "2": "share" }, ["read", "share"]],
    [{ read: true, write: true, share: false }, ["read", "write"]],
    [{}, ["read"]],
  ])("%j are read as %j (WEBDAV-14, WEBDAV-15, G-40, Y-07)", (permissions, known) => {
    expect(webdavOf({ ...plain, ...(permissions === undefined ? {} : { permissions }) })?.permissions).toEqual(known);
  });
});

describe("requirements", () => {
  it.each([
    [
      ["must-exchange-token", "must-use-mfa"],
      ["must-exchange-token", "must-use-mfa"],
    ],
    [["must-use-mfa", "must-use-mfa"], ["must-use-mfa"]],
    [["mfa-enforced"], ["must-use-mfa"]],
    [[], []],
    [null, []],
  ])("%j are read as %j (WEBDAV-16)", (requirements, known) => {
    expect(webdavOf({ ...plain, requirements })?.requirements).toEqual(known);
  });

  it.each(["must-dance", "constructor", "__proto__", ""])(
    "an unknown one, %j, makes the protocol unusable (G-13, Y-08)",
    (unknown) => {
      expect(webdavOf({ ...plain, requirements: ["must-exchange-token", unknown] })).toBeNull();
    },
  );

  it("are also read from options", () => {
    const options = { sharedSecret: "s", requirements: ["must-exchange-token"] };
    expect(decodeShare({ ...draft, protocol: { name: "webdav", options } }).share.webdav?.requirements).toEqual([
      "must-exchange-token",
    ]);
  });
});

describe("the dialects of other servers", () => {
  const of = (json: JsonObject): DecodedShare => decodeShare(json);

  it("Nextcloud: sharedBy, a number as providerId, a scheme in shareWith, no permissions", () => {
    expect(of(nextcloud)).toMatchObject({
      dialect: "nextcloud",
      share: {
        shareWith: { identifier: "bob", host: "receiver.example" },
        sender: { identifier: "alice", host: "nc.example" },
        senderDisplayName: "Alice",
        description: null,
        providerId: "42",
        webdav: { uri: null, sharedSecret: "Ab3cD", permissions: ["read"], form: "options" },
      },
    });
  });

  it("Nextcloud 35: the webdav object under the name webdav", () => {
    const webdav = { uri: "Ab3cD", sharedSecret: "Ab3cD", permissions: ["read", "write"] };
    expect(of({ ...nextcloud, protocol: { name: "webdav", webdav } }).share.webdav).toMatchObject({
      ...webdav,
      form: "object",
    });
  });

  it("Nextcloud: of a re-share for somebody elsewhere the owner is the sender, whose server signs (G-02)", () => {
    const reshared = { ...nextcloud, sharedBy: "carol@other.example", sharedByDisplayName: "Carol" };
    expect(of(reshared).share).toMatchObject({
      sender: { identifier: "alice", host: "nc.example" },
      senderDisplayName: "alice",
    });
    expect(claimedHost(reshared)).toBe("nc.example");
  });

  it("ownCloud 10: a scheme in owner and sender, a secret and nothing else", () => {
    expect(of(owncloud)).toMatchObject({
      dialect: "owncloud",
      share: {
        owner: { identifier: "einstein", host: "oc.example" },
        sender: { identifier: "einstein", host: "oc.example" },
        webdav: { uri: null, sharedSecret: "Ab3cD", form: "options" },
      },
    });
  });

  it("OpenCloud: a doubled host, empty texts, expiration 0", () => {
    expect(of(openCloud)).toMatchObject({
      dialect: "reva",
      share: {
        owner: { identifier: "b1f74ec4", host: "cloud.example" },
        sender: { identifier: "b1f74ec4", host: "cloud.example" },
        ownerDisplayName: null,
        expiration: null,
        webdav: { uri: "https://cloud.example/dav/ocm/0b6e", permissions: ["read", "write"], form: "object" },
      },
    });
  });

  it("CERNBox: a webapp beside, permissions null", () => {
    expect(of(cernbox)).toMatchObject({
      dialect: "reva",
      share: { otherProtocols: ["webapp"], webdav: { permissions: ["read"], requirements: [] } },
    });
  });

  it("oCIS 7: url in place of uri, our host doubled in shareWith", () => {
    expect(of(ocis7)).toMatchObject({
      dialect: "reva",
      share: {
        shareWith: { identifier: "bob@receiver.example", host: "receiver.example" },
        sender: { identifier: "4c510ada", host: "ocis.example" },
        otherProtocols: ["datatx"],
        webdav: { uri: "https://ocis.example/dav/ocm/0b6e" },
      },
    });
  });

  it("ocmgo: as the draft says", () => {
    expect(of(ocmgo)).toMatchObject({
      dialect: "ocm",
      share: { sender: { host: "go.example:9200" }, expiration: null },
    });
  });

  it("Seafile: a library by its own protocol, and a file as Nextcloud writes it", () => {
    expect(of(seafileLibrary)).toMatchObject({
      dialect: "seafile",
      share: { webdav: null, otherProtocols: ["Seafile API"] },
    });
    expect(of(seafileFile)).toMatchObject({
      dialect: "seafile",
      share: { shareWith: { identifier: "bob@example.com" }, expiration: null, webdav: { form: "options" } },
    });
  });

  it("the OCM stub: URI in capitals, both forms at once", () => {
    expect(of(stub)).toMatchObject({
      dialect: "ocm",
      share: { webdav: { uri: "https://stub/webdav-api/file.txt", sharedSecret: "shareMeNot", form: "object" } },
    });
  });

  it("Nextcloud Talk: another resource type, which decodes so that it can be refused with 501", () => {
    expect(of(talk)).toMatchObject({ share: { resourceType: "talk-room", webdav: null, otherProtocols: ["nctalk"] } });
  });

  it("a webdav object without a secret takes that of options, one without a uri is the deprecated form", () => {
    const options = { sharedSecret: "s3cret" };
    expect(of({ ...draft, protocol: { name: "multi", options, webdav: { uri: "7c08" } } }).share.webdav).toMatchObject({
      sharedSecret: "s3cret",
      form: "object",
    });
    expect(
      of({ ...draft, protocol: { name: "multi", options, webdav: { permissions: ["read"] } } }).share.webdav,
    ).toMatchObject({
      uri: null,
      form: "options",
    });
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
    let found: unknown;
    try {
      claimedHost(json);
    } catch (error) {
      found =
        error instanceof OcmError ? error.validationErrors?.map(({ name, message }) => `${name} ${message}`) : error;
    }
    expect(found).toEqual(expect.arrayContaining(errors));
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
  });

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
  });
});
