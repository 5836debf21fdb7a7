import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { TransportRequest, TransportResponse } from "../../plugin/index.ts";
import type { Network } from "./network.ts";
import type { SimulationReport } from "./report.ts";
import { simulate } from "./run.ts";

const LONG = 120_000;

/** What does not hold where requests are answered by something else than the server. */
async function brokenBy(
  answer: (
    request: TransportRequest,
    from: string,
    pass: () => Promise<TransportResponse>,
  ) => Promise<TransportResponse>,
): Promise<Map<string, string[]>> {
  const report: SimulationReport = await simulate(
    {
      servers: 4,
      users: 16,
      shares: 30,
      topology: "mesh",
      workload: "mass-revocation",
      fault: null,
      seed: "7",
    },
    {
      settling: 300_000,
      network: (network): Network => ({
        ...network,
        fetch: (from, request) => answer(request, from, () => network.fetch(from, request)),
      }),
    },
  );
  return new Map(report.invariants.filter(({ holds }) => !holds).map(({ name, broken }) => [name, broken]));
}

function says(status: number, text: string): TransportResponse {
  return { status, headers: { "content-type": "application/json" }, body: Readable.from([Buffer.from(text)]) };
}

const isShare = ({ url }: TransportRequest): boolean => url.endsWith("/ocm/shares");
const isWordOf = ({ url, body }: TransportRequest, word: string): boolean =>
  url.endsWith("/notifications") && String(body).includes(word);

describe("The invariants find", () => {
  it(
    "a server that says 201 to shares and forgets them",
    async () => {
      let count = 0;
      const broken = await brokenBy(async (request, _from, pass) => {
        if (!isShare(request) || ++count % 5 !== 0) return pass();
        return says(201, '{"recipientDisplayName":"nobody"}');
      });
      expect([...(broken.get("the books of both sides agree") ?? [])].join()).toMatch(/none at the receiver/);
    },
    LONG,
  );

  it(
    "a server that takes the word of an end and goes on",
    async () => {
      const broken = await brokenBy(async (request, _from, pass) => {
        return isWordOf(request, "SHARE_UNSHARED") ? says(201, "{}") : pass();
      });
      expect(broken.get("the books of both sides agree")?.[0]).toMatch(
        /revoked at the sender and accepted at the receiver/,
      );
    },
    LONG,
  );

  it(
    "a server that never says whether it has understood",
    async () => {
      const broken = await brokenBy(async (request, _from, pass) => {
        return isWordOf(request, "SHARE_ACCEPTED") ? says(503, "") : pass();
      });
      expect(broken.get("no message waits or is given up")?.[0]).toMatch(/SHARE_ACCEPTED/);
    },
    LONG,
  );

  it.each([
    [
      "everything to everybody who was once let in",
      () => "",
      /with the credential of another share was opened with 200/,
    ],
    ["what is over", (url: string) => url, /which is over, with its credential was opened with 200/],
  ] as const)(
    "a server that opens %s",
    async (_what, scope, sentence) => {
      const admitted = new Set<string>();
      const broken = await brokenBy(async (request, from, pass) => {
        const answer = await pass();
        if (!request.url.includes("/dav/") || request.method !== "GET") return answer;
        const key = `${request.headers.authorization} ${scope(request.url)}`;
        if (answer.status === 200) admitted.add(key);
        if (from !== "nobody.invalid" || !admitted.has(key)) return answer;
        answer.body.destroy();
        return says(200, "anything");
      });
      const [name = ""] = [...broken.keys()].filter((key) => key.startsWith("a credential opens"));
      expect(broken.get(name)?.join()).toMatch(sentence);
    },
    LONG,
  );
});
