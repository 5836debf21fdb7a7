import { describe, expect, it } from "vitest";
import type { CopyView, OcmApi } from "../../api.ts";
import { copyRoutes } from "./copies.ts";
import { openapiDocument } from "./openapi.ts";
import { AT, AT_TEXT, ask, fakeApi, routesOf } from "./user-api.test-helper.ts";

const running: CopyView = {
  id: "c1",
  share: "r1",
  direction: "from-share",
  remotePath: "",
  localPath: "/mine",
  status: "running",
  reason: { code: "peer-unreachable", message: "Nobody answers.", at: AT, status: null },
  filesDone: 1,
  bytesDone: 20,
  filesTotal: null,
  bytesTotal: null,
  current: "a/b",
  createdAt: AT,
  endedAt: null,
};
const ended: CopyView = {
  ...running,
  status: "done",
  reason: null,
  current: null,
  filesTotal: 3,
  bytesTotal: 40,
  endedAt: AT,
};

function routes(copies: Partial<OcmApi["copies"]>) {
  return copyRoutes(fakeApi({ copies }));
}

const request = { share: "r1", direction: "from-share", remotePath: "", localPath: "/mine" };

describe("copies over the user API", () => {
  it("are started, with the second factor of the session, and the answer says where they are", async () => {
    const started: unknown[] = [];
    const start: OcmApi["copies"]["start"] = async (...args) => {
      started.push(args);
      return running;
    };
    const reply = await ask(routes({ start }), "POST", "/api/v1/copies", { json: request });
    expect(started).toEqual([["alice", request, { secondFactor: true, requestId: "request-1" }]]);
    expect(reply).toMatchObject({ status: 202, headers: { location: "copies/c1", "cache-control": "no-store" } });
    expect(reply.body).toEqual({
      ...running,
      createdAt: AT_TEXT,
      reason: { code: "peer-unreachable", message: "Nobody answers.", at: AT_TEXT, status: null },
    });
  });

  it.each([
    [{ ...request, share: undefined }, "share"],
    [{ ...request, direction: "sideways" }, "direction"],
    [{ ...request, remotePath: "../x" }, "remotePath"],
    [{ ...request, localPath: "" }, "localPath"],
    [{ ...request, localPath: "/a\0b" }, "localPath"],
    [{ ...request, overwrite: true }, "overwrite"],
    [null, "body"],
  ])("are refused for %j, naming the field", async (json, name) => {
    await expect(ask(routes({}), "POST", "/api/v1/copies", { json })).rejects.toMatchObject({
      code: "invalid-fields",
      validationErrors: [{ name }],
    });
  });

  it("are listed by pages", async () => {
    const asked: unknown[] = [];
    const list: OcmApi["copies"]["list"] = async (...args) => {
      asked.push(args);
      return { items: [running, ended], next: "n" };
    };
    const reply = await ask(routes({ list }), "GET", "/api/v1/copies?limit=2&after=m");
    expect(asked).toEqual([["alice", { limit: 2, after: "m" }]]);
    expect(reply.body).toMatchObject({ items: [{ id: "c1" }, { status: "done", endedAt: AT_TEXT }], next: "n" });
  });

  it("are looked at and cancelled one by one", async () => {
    const get: OcmApi["copies"]["get"] = async (user, id) => ({ ...running, id: `${user} ${id}` });
    const cancel: OcmApi["copies"]["cancel"] = async (user, id) => ({
      ...ended,
      id: `${user} ${id}`,
      status: "cancelled",
    });
    const some = routes({ get, cancel });
    expect((await ask(some, "GET", "/api/v1/copies/c%201")).body).toMatchObject({ id: "alice c 1" });
    const reply = await ask(some, "DELETE", "/api/v1/copies/c1");
    expect(reply).toMatchObject({ status: 200, body: { id: "alice c1", status: "cancelled" } });
  });

  it("are documented beside everything else", () => {
    const others = routesOf().filter(({ path }) => !path.includes("/copies"));
    const { paths, components } = openapiDocument([...others, ...routes({})], { title: "t", version: "1" });
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(["/copies", "/copies/{id}"]));
    expect(components.schemas.Copy).toMatchObject({
      properties: { reason: { anyOf: expect.arrayContaining([{ $ref: "#/components/schemas/Failure" }]) } },
    });
  });
});
