import { describe, expect, it } from "vitest";
import { NoAnswer, Refused } from "../http.ts";
import type { Role, RoleReceivedShare, RoleSentShare } from "../roles.ts";
import { type Promised, patient } from "./patient.ts";

const away = () => new NoAnswer("GET x", new Error("connection refused"));
const full = (status: number, retryAfter: number | null = 0) => new Refused("GET x", status, null, "no", retryAfter);
const person = (role: Partial<Role>, ownServerFails = true, promised: Promised[] = []) =>
  patient({ address: "alice@a", ...role } as Role, { ownServerFails, promised });
const sent = (more: Partial<RoleSentShare> = {}) =>
  ({ id: "s", name: "a.txt", status: "pending", ...more }) as RoleSentShare;

/** Fails with each of these, and then gives what it has. */
function failing<T>(errors: Error[], found: T): { attempt: () => Promise<T>; tries(): number } {
  let tries = 0;
  return {
    tries: () => tries,
    async attempt() {
      const error = errors[tries];
      tries += 1;
      if (error !== undefined) throw error;
      return found;
    },
  };
}

describe("Somebody whose own server is away", () => {
  it.each([[away()], [full(503)], [full(507)]])("tries again until it answers: %s", async (error) => {
    const { attempt, tries } = failing([error, away()], [sent()]);
    expect(await person({ allSent: attempt }).allSent()).toHaveLength(1);
    expect(tries()).toBe(3);
  });

  it.each([404, 409, 502])("takes an answer of %i for what it is", async (status) => {
    const { attempt, tries } = failing([full(status)], [sent()]);
    await expect(person({ allSent: attempt }).allSent()).rejects.toThrow(String(status));
    expect(tries()).toBe(1);
  });

  it("waits as long as the server says", async () => {
    const from = performance.now();
    await person({ allSent: failing([full(503, 1)], []).attempt }).allSent();
    expect(performance.now() - from).toBeGreaterThan(950);
  });

  it("does not try again where no server of one's own may fail", async () => {
    const { attempt } = failing([full(503)], []);
    await expect(person({ allSent: attempt }, false).allSent()).rejects.toThrow("503");
  });

  it("shares once, whether the first time had its effect or not", async () => {
    for (const books of [[], [sent()], [sent({ id: "old", status: "revoked" })], [sent({ name: "b.txt" })]]) {
      const { attempt, tries } = failing([away()], sent({ id: "new" }));
      const { id } = await person({ share: attempt, allSent: async () => books }).share("/a.txt", "bob@b", ["read"]);
      const isKnown = books.some(({ name, status }) => name === "a.txt" && status === "pending");
      expect([id, tries()]).toEqual(isKnown ? ["s", 1] : ["new", 2]);
    }
  });
});

describe("What was answered with success", () => {
  const received = (status: string) => ({ id: "r", name: "a.txt", status }) as RoleReceivedShare;
  const missingAfter = async (role: Partial<Role>, act: (one: Role) => Promise<unknown>) => {
    const promised: Promised[] = [];
    await act(person(role, false, promised));
    expect(promised).toHaveLength(1);
    return await promised[0]?.missing();
  };

  it.each([
    [[sent()], null],
    [[], "the sender has it 0 times"],
    [[sent(), sent()], "the sender has it 2 times"],
  ])("is a share that is there once: %j", async (books, matter) => {
    const role = { share: async () => sent(), allSent: async () => books };
    expect(await missingAfter(role, (one) => one.share("/a.txt", "bob@b", ["read"]))).toBe(matter);
  });

  it.each([
    ["accept", "accepted", null],
    ["accept", "ended", null],
    ["accept", "pending", "it is pending"],
    ["decline", "declined", null],
    ["decline", "accepted", "it is accepted"],
    ["leave", "ended", null],
    ["leave", "accepted", "it is accepted"],
  ] as const)("is what a person did about a share: %s, and it is %s", async (deed, status, matter) => {
    const role = { [deed]: async () => received("x"), receivedShare: async () => received(status) };
    expect(await missingAfter(role, (one) => one[deed]("r"))).toBe(matter);
  });

  it("is that a share was taken back, and that an invite made a contact", async () => {
    const role = { unshare: async () => sent({ status: "revoked" }), sent: async () => sent({ status: "accepted" }) };
    expect(await missingAfter(role, (one) => one.unshare("s"))).toBe("it is accepted");
    const contact = { id: "c", address: "", name: "", status: "accepting" };
    const invited = { acceptInvite: async () => contact, contacts: async () => [{ ...contact, status: "failed" }] };
    expect(await missingAfter(invited, (one) => one.acceptInvite("x"))).toBe("it is failed");
  });
});
