import { describe, expect, it } from "vitest";
import { alice, ask, contact, receivedShare, routesOf, sentShare } from "./user-api.test-helper.ts";

const erin = { id: "erin", displayName: "Erin" };

function people(q: string, search: () => Promise<(typeof alice)[]> = async () => []) {
  const asked: unknown[] = [];
  const routes = routesOf(
    {
      contacts: {
        list: async () => ({
          items: [
            contact,
            { ...contact, address: "beate@b.example", name: "Beáte", email: "(beates)@mail.example" },
            { ...contact, address: "bernd@b.example", name: "Bernd", status: "removed" },
          ],
        }),
      },
      sent: {
        list: async () => ({
          items: [
            sentShare,
            { ...sentShare, shareWith: "Bea@c.example", recipientDisplayName: null },
            { ...sentShare, shareWith: "beo@c.example", status: "rejected" },
          ],
        }),
      },
      received: {
        list: async (_user, page) => {
          asked.push(page.status);
          return { items: [{ ...receivedShare, sender: "carl@d.example", senderDisplayName: "Carl" }] };
        },
      },
    },
    { search },
  );
  const url = `/api/v1/people?${new URLSearchParams({ q })}`;
  return ask(routes, "GET", url).then((reply) => ({
    asked,
    items: (reply.body as { items: { label: string; source: string; address: string }[] }).items,
  }));
}

describe("finding people", () => {
  it("puts local people first, and each address once, always with the server", async () => {
    const { items } = await people("b", async () => [erin]);
    expect(items.map(({ label, source }) => [label, source])).toEqual([
      ["Erin · a.example", "local"],
      ["Bob · b.example", "contact"],
      ["Beáte · b.example", "contact"],
      ["Bea · c.example", "share"],
    ]);
  });

  it.each([
    ["BOB", "bob@b.example"],
    ["be\u0061\u0301te", "beate@b.example"],
    ["(beates)", "beate@b.example"],
    ["carl", "carl@d.example"],
  ])("finds %s by name, address or e-mail, whatever the case and the accent's form", async (q, address) => {
    expect((await people(q)).items.map((item) => item.address)).toEqual([address]);
  });

  it("knows no sender of a share that only waits: it may be anybody", async () => {
    expect((await people("carl")).asked).toEqual(["accepted"]);
  });

  it("offers an address that nobody has used yet, in its canonical form", async () => {
    const { items } = await people(" zoe@Z.EXAMPLE:443 ");
    expect(items).toEqual([
      { address: "zoe@z.example", name: "zoe", server: "z.example", label: "zoe · z.example", source: "address" },
    ]);
  });

  it("does not offer the person who asks", async () => {
    expect((await people("alice@a.example", async () => [alice])).items).toEqual([]);
  });

  it("asks for at least one character, and gives at most as many as asked", async () => {
    await expect(people("")).rejects.toMatchObject({ validationErrors: [{ name: "q" }] });
    const routes = routesOf(
      {
        contacts: { list: async () => ({ items: [contact] }) },
        sent: { list: async () => ({ items: [] }) },
        received: { list: async () => ({ items: [] }) },
      },
      { search: async () => [erin] },
    );
    const reply = await ask(routes, "GET", "/api/v1/people?q=b&limit=1");
    expect(reply.body).toMatchObject({ items: [{ address: "erin@a.example" }] });
  });
});
