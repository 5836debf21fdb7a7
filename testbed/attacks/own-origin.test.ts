import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import Koa from "koa";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createOcm, type Host } from "../../plugin/index.ts";

describe("Whoever answers at this server's own origin", () => {
  it.each(["null", "1", "[]", '"text"', "{}"])("cannot end the process with %s", async (body) => {
    const failures: unknown[] = [];
    const remember = (error: unknown) => void failures.push(error);
    process.on("unhandledRejection", remember);
    const other = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const told: string[] = [];
    const ocm = await createOcm({
      origin: `http://localhost:${(other.address() as AddressInfo).port}`,
      database: "file::memory:",
      host: { users: {}, files: {}, session: {} } as unknown as Host,
      logger: pino({ level: "warn" }, { write: (line: string) => void told.push(line) }),
    });
    const app = createServer(new Koa().use(ocm.middleware()).callback());
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    await fetch(`http://127.0.0.1:${(app.address() as AddressInfo).port}/.well-known/ocm`);
    for (let n = 0; n < 100 && told.length === 0 && failures.length === 0; n += 1) await delay(20);
    process.off("unhandledRejection", remember);
    app.close();
    other.close();
    await ocm.close();
    expect(failures).toEqual([]);
    expect(told.join()).toMatch(/Another server|does not answer with a JSON object/);
  });
});
