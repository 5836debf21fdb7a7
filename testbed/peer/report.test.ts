import { describe, expect, it } from "vitest";
import type { Message } from "../faults/message.ts";
import type { Bench } from "./bench.ts";
import { asSeenThere, promises } from "./checks/discovery.ts";
import { explain } from "./report.ts";
import { type Problem, type Result, tally } from "./tally.ts";

const SECRET = "1exD7D_a-secret-of-a-share";

function message(description: string): Message {
  return {
    number: 1,
    from: null,
    to: "peer",
    at: 0,
    ms: 1,
    method: "POST",
    path: "/ocm/shares",
    url: "http://localhost:2/ocm/shares",
    requestHeaders: [],
    requestBody: Buffer.from(JSON.stringify({ description, sharedSecret: SECRET, name: "last" })),
    status: 201,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    responseSize: 0,
    harm: null,
  };
}

function result(...problems: Problem[]): Result {
  return { name: "missing-fields", status: "fail", ids: [], found: "", ms: 1, problems };
}

describe("The report of what is not well", () => {
  it("shows no part of a secret, wherever a body is cut", () => {
    for (let before = 345; before < 420; before++) {
      const text = explain([result({ id: "SHARE-14", found: "taken", message: message("x".repeat(before)) })]);
      expect(text).not.toContain(SECRET.slice(0, 7));
      expect(text).toContain("bytes)");
    }
  });

  it("shows the first failure of a check in full, and the others in a line each", () => {
    const text = explain([
      result(
        { id: "SHARE-42", found: "a share without owner was answered with 404", message: message("a") },
        { id: "SHARE-14", found: "a share without name was taken: 201", message: message("b") },
        { id: "SHARE-14", found: "a share without owner was taken: 201", message: message("c") },
        { id: "SHARE-14", found: "a share without owner was taken: 201", message: message("d") },
      ),
    ]);
    const sentence = "A Share Creation Notification without one of its required fields is refused.";
    expect(text.split("\n").filter((line) => !/^ {8}/.test(line))).toEqual([
      `FAIL missing-fields, SHARE-14: ${sentence}`,
      "  found: a share without name was taken: 201",
      "  sent: POST http://localhost:2/ocm/shares",
      "  came: 201",
      "  also FAIL SHARE-14: a share without owner was taken: 201",
      "  also WARN SHARE-42: Missing or wrong parameters are answered with 400. Found: a share without owner was answered with 404",
    ]);
    expect(text).toContain('"description":"b"');
  });
});

it.each([
  [
    'It refuses this server: 403, "This server does not federate with x.".',
    'Your server refuses ours: 403, "This server does not federate with x.".',
  ],
  [
    "This server demands signatures, so what it sends without one is refused.",
    "Our server demands signatures, so what yours sends without one is refused.",
  ],
  ["The peer names no API to send anything to.", "Your server names no API to send anything to."],
])("A finding of our server is told from the other side: %s", (there, here) => {
  expect(asSeenThere(there)).toBe(here);
});

it.each([
  [{}, "no capabilities, no criteria"],
  [{ capabilities: ["http-sig"] }, "capabilities: http-sig; no criteria"],
  [
    { capabilities: ["http-sig", "notifications"], criteria: ["must-use-http-sig"] },
    "capabilities: http-sig, notifications; criteria: must-use-http-sig",
  ],
])("What a server promises is told in one line: %j", async (document, line) => {
  const marks = tally(() => null);
  await promises.run({ document } as Partial<Bench> as Bench, marks);
  expect(marks.verdict()).toMatchObject({ status: "pass", found: line });
});
