import { describe, expect, it, vi } from "vitest";

vi.mock("@mikro-orm/mongodb", () => {
  throw Object.assign(new Error("Cannot find package '@mikro-orm/mongodb'"), { code: "ERR_MODULE_NOT_FOUND" });
});

describe("A MongoDB URL without the optional package", () => {
  it("is refused with a sentence that says what to install", async () => {
    const { connectMongo } = await import("./driver.ts");
    await expect(connectMongo("mongodb://localhost/ocm", "ocm")).rejects.toMatchObject({
      code: "driver-missing",
      message: expect.stringContaining("npm install @mikro-orm/mongodb"),
    });
  });
});
