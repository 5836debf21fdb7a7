import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../scenarios/steps.ts";
import { accepted, befriend, type Federation, federation, flowDatabases } from "./federation.test-helper.ts";
import type { Answer } from "./http.test-helper.ts";
import type { Person } from "./person.test-helper.ts";

interface Copy {
  id: string;
  status: string;
  filesDone: number;
  bytesDone: number;
  reason: { code: string } | null;
}

function copyOf({ text }: Answer): Copy {
  return JSON.parse(text);
}

describe.each(flowDatabases())("A copy in the background on $name", (database) => {
  let world: Federation<"alpha" | "beta">;

  beforeAll(async () => {
    world = await federation(database, { alpha: {}, beta: {} });
  });
  afterAll(() => world.close());

  async function start(person: Person, copy: object): Promise<string> {
    const answer = await person.ask("POST", "/copies", copy);
    expect(answer.status, answer.text).toBe(202);
    return copyOf(answer).id;
  }

  function over(person: Person, id: string): Promise<Copy> {
    return eventually("the end of the copy", async () => {
      const copy = copyOf(await person.ask("GET", `/copies/${id}`));
      return copy.status === "running" ? undefined : copy;
    });
  }

  async function folderOf(alice: Person, bob: Person): Promise<string> {
    await befriend(alice, bob);
    await alice.put("/album/a.txt", "a");
    await alice.put("/album/deep/b & c #1.txt", "bc");
    await alice.put("/album/empty.txt", "");
    await alice.share("/album", bob.address, { permissions: ["read", "write"] });
    const { id } = await eventually("the folder", async () =>
      (await bob.received()).find(({ name }) => name === "album"),
    );
    await bob.acceptShare(id);
    return id;
  }

  it("brings a folder from a share into own files, and another one back", async () => {
    const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    const share = await folderOf(alice, bob);
    const down = await start(bob, { share, direction: "from-share", remotePath: "", localPath: "/from Alice" });
    expect(await over(bob, down)).toMatchObject({ status: "done", filesDone: 3, bytesDone: 3, reason: null });
    expect(await bob.own("/from Alice/deep/b & c #1.txt")).toBe("bc");
    expect(await bob.own("/from Alice/empty.txt")).toBe("");
    const up = await start(bob, { share, direction: "to-share", remotePath: "back", localPath: "/from Alice" });
    expect(await over(bob, up)).toMatchObject({ status: "done", filesDone: 3 });
    expect(await alice.own("/album/back/deep/b & c #1.txt")).toBe("bc");
  });

  it("refuses what cannot be done, and replaces nothing", async () => {
    const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    const share = await folderOf(alice, bob);
    await bob.put("/mine.txt", "mine");
    const ask = (copy: object) => bob.ask("POST", "/copies", copy);
    const from = { share, direction: "from-share", remotePath: "a.txt", localPath: "/mine.txt" };
    expect(await ask(from)).toMatchObject({ status: 409 });
    // No peer is asked before the answer: what is missing there shows in the copy.
    const missing = await start(bob, { ...from, remotePath: "none.txt", localPath: "/new.txt" });
    expect(await over(bob, missing)).toMatchObject({ status: "failed", reason: { code: "resource-missing" } });
    expect(await ask({ ...from, share: "nonsense" })).toMatchObject({ status: 404 });
    expect(await ask({ ...from, localPath: "/../mine.txt" })).toMatchObject({ status: 400 });
    expect(await ask({})).toMatchObject({ status: 400 });
    expect(await bob.own("/mine.txt")).toBe("mine");
    const readOnly = await accepted(alice, bob);
    const to = { share: readOnly.received, direction: "to-share", remotePath: "", localPath: "/mine.txt" };
    const refused = await ask(to);
    expect(refused.status === 202 ? (await over(bob, copyOf(refused).id)).status : "failed").toBe("failed");
    expect(await alice.own("/shared.txt")).toBe("The content of /shared.txt");
  });

  it("waits for a server that is down, and for its own restart", async () => {
    const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    const share = await folderOf(alice, bob);
    await world.servers.alpha.down();
    const answer = await bob.ask("POST", "/copies", {
      share,
      direction: "from-share",
      remotePath: "",
      localPath: "/later",
    });
    await world.servers.beta.restart();
    await world.servers.alpha.up();
    // Whether a copy can begin is known only when the owner's server answers.
    const id =
      answer.status === 202
        ? copyOf(answer).id
        : await start(bob, { share, direction: "from-share", remotePath: "", localPath: "/later" });
    world.clock.advance(60_000);
    expect(await over(bob, id)).toMatchObject({ status: "done", filesDone: 3 });
    expect(await bob.own("/later/a.txt")).toBe("a");
  });
});
