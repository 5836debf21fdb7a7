import { getRequest } from "../generator/get-request.ts";
import { jsonAnswer } from "../yardstick/serve.ts";
import type { BenchPath } from "./path.ts";

/** A document as the server under test answers it. */
interface Sample {
  headers: Record<string, string>;
  body: string;
}

/** Headers that node:http writes itself, on both sides. */
const WRITTEN_BY_NODE = new Set(["connection", "date", "keep-alive"]);

/** A document that is the same for everybody. The yardstick answers with the bytes and headers that the server under test gave. */
export function constantDocument(name: string, path: string): BenchPath<Sample> {
  return {
    name,
    expected: { status: 200, begins: "{" },
    async collect({ origin }) {
      const answer = await fetch(origin + path);
      if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}.`);
      const headers = [...answer.headers].filter(([header]) => !WRITTEN_BY_NODE.has(header));
      return { headers: Object.fromEntries(headers), body: await answer.text() };
    },
    requests: ({ origin }) => ({ same: getRequest(origin, path) }),
    yardstick(_setup, { headers, body }) {
      const found = { status: 200, headers, body };
      const missing = jsonAnswer(404, "{}");
      return ({ method, url }) => (method === "GET" && url === path ? found : missing);
    },
  };
}
