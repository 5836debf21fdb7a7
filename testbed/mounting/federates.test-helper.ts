import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { CONTENT, FILE, FOLDER, PERSON, type Site } from "./site.test-helper.ts";

/** Whatever a peer asks of a site reaches it there, signatures and all: every endpoint of the protocol is used, and the resource. */
export async function expectToFederate(site: Site, peer: Site): Promise<void> {
  const discovery = (await (await fetch(`${site.origin}/.well-known/ocm`)).json()) as { endPoint: string };
  expect(discovery).toMatchObject({ enabled: true, endPoint: expect.stringContaining(site.origin) });
  expect((await fetch(`${discovery.endPoint}/jwks.json`)).status).toBe(200);

  const { invite } = await site.ocm.api.invites.create(PERSON);
  expect(await peer.ocm.api.contacts.accept(PERSON, invite)).toMatchObject({ status: "active", address: site.address });

  const given = await peer.ocm.api.sent.create(PERSON, { path: FOLDER, shareWith: site.address });
  expect([given.status, given.reason]).toEqual(["pending", null]);

  const shared = await site.ocm.api.sent.create(PERSON, {
    path: FOLDER,
    shareWith: peer.address,
    permissions: ["read", "write"],
  });
  expect([shared.status, shared.reason]).toEqual(["pending", null]);
  const received = await eventually("the share", async () =>
    (await peer.ocm.api.received.list(PERSON, { limit: 10 })).items.find(
      ({ sender, status }) => sender === site.address && status === "pending",
    ),
  );
  await peer.ocm.api.received.accept(PERSON, received.id);
  await eventually("SHARE_ACCEPTED", async () =>
    (await site.ocm.api.sent.get(PERSON, shared.id)).status === "accepted" ? true : undefined,
  );

  const context = {};
  const entries = await peer.ocm.api.received.listFolder(PERSON, received.id, "", context);
  expect(entries.map(({ path }) => path)).toEqual([FILE]);
  const { body } = await peer.ocm.api.received.read(PERSON, received.id, FILE, context);
  expect(await text(body)).toBe(CONTENT);
  await peer.ocm.api.received.write(PERSON, received.id, FILE, Readable.from([CONTENT]), context);

  await site.ocm.api.sent.unshare(PERSON, shared.id);
  await eventually("SHARE_UNSHARED", async () =>
    (await peer.ocm.api.received.get(PERSON, received.id)).status === "ended" ? true : undefined,
  );
}
