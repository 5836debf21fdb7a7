import { request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { federation, flowDatabases } from "../flows/federation.test-helper.ts";

const MIB = 1024 * 1024;

describe.each(flowDatabases().slice(0, 1))("An upload", (database) => {
  it("is broken off when its share ends, though its client goes on", async () => {
    const world = await federation(database, { alpha: {} });
    const { alpha } = world.servers;
    const alice = await alpha.person();
    const peer = await world.fakePeer();
    await alice.put("/folder/file.txt", "content");
    const { id } = await alice.share("/folder", `mallory@${peer.host}`, { permissions: ["read", "write"] });
    const form = { grant_type: "authorization_code", client_id: peer.host, code: peer.lastSecret() };
    const { json } = await peer.post(alpha, { path: "/ocm/token", form });

    const headers = { authorization: `Bearer ${json.access_token}` };
    const upload = request(`${alpha.origin}/ocm/dav/${id}/endless.bin`, { method: "PUT", headers });
    const answered = new Promise<number | undefined>((resolve, reject) => {
      upload.once("response", (answer) => resolve(answer.resume().statusCode));
      upload.once("error", reject);
    });
    let over = false;
    const sending = (async () => {
      for (let sent = 0; !over && sent < 100 * MIB; sent += MIB) {
        upload.write(Buffer.alloc(MIB));
        await delay(20);
      }
    })();
    await delay(200);
    await alice.unshare(id);
    // The clients' last byte is not waited for.
    expect(await Promise.race([answered, delay(2000, "no answer", { ref: false })])).toBe(401);
    over = true;
    await sending;
    upload.end();
    await expect(alice.own("/folder/endless.bin")).rejects.toThrow();
    await world.close();
  });
});
