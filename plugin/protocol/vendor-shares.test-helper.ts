import type { JsonObject } from "./json.ts";

// Share Creation Notifications as deployed servers write them.

/** The example of the draft's section 6.1, form 3. */
export const draft = {
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
export const nextcloud = {
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

export const owncloud = {
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

export const openCloud = {
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

export const cernbox = {
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

export const ocis7 = {
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

export const ocmgo = {
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

export const seafileLibrary = {
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

export const seafileFile = {
  ...nextcloud,
  shareWith: "bob@example.com@https://receiver.example",
  sender: "alice@nc.example",
  senderDisplayName: "Alice",
  expiration: 0,
  protocol: { name: "webdav", options: { sharedSecret: "cmVwbzovZmlsZQ==", permissions: "read" } },
} satisfies JsonObject;

export const stub = {
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

export const talk = {
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

/** All of them, by the name of the server. */
export const bodies = {
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
