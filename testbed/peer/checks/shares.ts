import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { headerOf, type Message } from "../../faults/message.ts";
import { Refused } from "../../http.ts";
import { type Bench, criteria, endPointOf, isTaken, notice, postShare } from "../bench.ts";
import type { Check } from "../check.ts";
import { type Answer, NoAnswer } from "../reach.ts";
import { Skipped } from "../tally.ts";
import { objectOf, parsed, refusedWell, shown } from "./answers.ts";

/** Milliseconds for our server to have sent its share and to have an answer. */
const PATIENCE = 30_000;
const LOOK_AFTER = 100;
/** Content of the file that is shared. */
const CONTENT = "This file was shared by the testbed of koa-ocm to check your server, and is taken back.\n";
const REQUIRED = ["shareWith", "name", "providerId", "owner", "sender", "shareType", "resourceType", "protocol"];
const NO_OBJECTS = { "half an object": '{"shareWith":', "a list": "[]", "an empty body": "" };
const HUGE = 8 * 1024 * 1024;

export const share: Check = {
  name: "share",
  line: "A share of our server with the account of --user is taken.",
  ids: ["DISC-35", "SHARE-37", "SHARE-38", "SHARE-39", "SHARE-40", "GOOD-03"],
  async run(bench, tally) {
    const { reference, recipient, found } = bench;
    if (recipient === null) throw new Skipped("Name an account there with --user NAME.");
    endPointOf(bench);
    if (criteria(bench).has("must-invite") && (await reference.role.contacts()).length === 0) {
      throw new Skipped("It demands an invite first: give one with --invite, or accept ours with --wait.");
    }
    await reference.role.putFile("/koa-ocm check.txt", Readable.from([CONTENT]));
    const before = (await announcements(bench)).length;
    try {
      found.sent = (await reference.role.share("/koa-ocm check.txt", recipient, ["read"])).id;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      tally.holds("DISC-35", false, `our server cannot send it: ${error.message}`);
      return;
    }
    const answered = await firstAnswer(bench, before);
    if (answered === undefined) {
      const { deliveries } = await reference.role.sent(found.sent);
      const tries = deliveries.reduce((sum, { attempts }) => sum + attempts, 0);
      tally.holds("GOOD-03", false, `the share was not answered, although it was sent ${tries} times`);
      return;
    }
    bench.last = answered;
    const { status, responseBody, responseHeaders } = answered;
    const text = responseBody.toString("utf8");
    found.isGoodShareTaken = isTaken({ status: status ?? 0 });
    const refusal = refusalOf({ status: status ?? 0, text }, recipient);
    if (!tally.holds("DISC-35", found.isGoodShareTaken, refusal)) return;
    found.notice = objectOf(parsed(answered.requestBody.toString("utf8")));
    tally.holds("SHARE-38", status === 201, `it was taken with ${status}`);
    const type = headerOf(responseHeaders, "content-type");
    tally.holds("SHARE-37", /json/i.test(type ?? ""), `the content type of the answer is ${type ?? "missing"}`);
    const body = parsed(text);
    const isObject = tally.holds(
      "SHARE-39",
      typeof body === "object" && body !== null,
      `the body is ${text.slice(0, 60)}`,
    );
    const name = objectOf(body).recipientDisplayName;
    if (isObject) tally.holds("SHARE-40", typeof name === "string", `recipientDisplayName is ${JSON.stringify(name)}`);
    tally.say(`${recipient} (“${String(name)}”) was sent a file`);
  },
};

export const shareAgain: Check = {
  name: "share-again",
  line: "The same share once more, as after a lost answer, does no harm.",
  ids: ["GOOD-01", "GOOD-04"],
  needs: ["share"],
  async run(bench, tally) {
    const { found } = bench;
    if (found.notice === null) throw new Skipped("No share was taken.");
    const answer = await postShare(bench, found.notice);
    // Our server takes it back, as it is the same share.
    found.taken.delete(String(found.notice.providerId));
    tally.holds("GOOD-01", answer.status < 500, `it was answered with ${shown(answer)}`);
    tally.holds("GOOD-04", answer.status === 201, `it was answered with ${shown(answer)}`);
    tally.say("201 again");
  },
};

export const unknownFields: Check = {
  name: "unknown-fields",
  line: "A share with fields that nobody knows is taken.",
  ids: ["GOOD-01", "GOOD-05"],
  needs: ["share"],
  async run(bench, tally) {
    if (bench.found.notice === null) throw new Skipped("No share was taken.");
    const base = notice(bench);
    const protocol = { ...objectOf(base.protocol), "x-koa-ocm-check": { anything: true } };
    const answer = await postShare(bench, { ...base, protocol, "x-koa-ocm-check": ["unknown"] });
    tally.holds("GOOD-01", answer.status < 500, `it was answered with ${shown(answer)}`);
    tally.holds("GOOD-05", isTaken(answer), `it was answered with ${shown(answer)}`);
    tally.say(`answered with ${answer.status}`);
  },
};

export const nobody: Check = {
  name: "nobody",
  line: "A share for somebody who does not exist is refused.",
  ids: ["GOOD-01", "GOOD-11", "YAML-02"],
  needs: ["share"],
  async run(bench, tally) {
    const shareWith = `nobody-${crypto.randomUUID()}@${bench.host}`;
    const answer = await postShare(bench, notice(bench, { shareWith }));
    if (!refusedWell(tally, "GOOD-11", answer, "a share for nobody")) return;
    const isOther = answer.status === 401 || answer.status === 403;
    if (isOther && !bench.found.isGoodShareTaken)
      throw new Skipped(`It takes no share of ours at all (${shown(answer)}).`);
    tally.holds("YAML-02", answer.status === 400, `it was answered with ${shown(answer)}`);
    tally.say(shown(answer));
  },
};

export const missingFields: Check = {
  name: "missing-fields",
  line: "A share without one of its required fields is refused, with the name of the field.",
  ids: ["GOOD-01", "SHARE-14", "SHARE-42", "YAML-01"],
  needs: ["share"],
  async run(bench, tally) {
    const statuses = new Set<number>();
    const unnamed: string[] = [];
    for (const field of REQUIRED) {
      const body = notice(bench);
      delete body[field];
      const answer = await postShare(bench, body);
      if (!refusedWell(tally, "SHARE-14", answer, `a share without ${field}`)) continue;
      statuses.add(answer.status);
      // Without a sender nobody can tell whose signature it should have.
      if (field === "sender") continue;
      if (
        !tally.holds("SHARE-42", answer.status === 400, `a share without ${field} was answered with ${shown(answer)}`)
      )
        continue;
      const { validationErrors } = objectOf(answer.json);
      if (!Array.isArray(validationErrors) || !JSON.stringify(validationErrors).includes(field)) unnamed.push(field);
    }
    tally.holds("YAML-01", unnamed.length === 0, `validationErrors does not name ${unnamed.join(", ")}`);
    tally.say(`${REQUIRED.length} times refused with ${[...statuses].join(" or ")}`);
  },
};

export const badJson: Check = {
  name: "bad-json",
  line: "A body that is no JSON, or no object, is refused.",
  ids: ["GOOD-01", "SHARE-14", "SHARE-42"],
  async run(bench, tally) {
    for (const [what, text] of Object.entries(NO_OBJECTS)) {
      const answer = await postShare(bench, { providerId: "none" }, { body: Buffer.from(text) });
      bench.found.taken.delete("none");
      if (!refusedWell(tally, "SHARE-14", answer, what)) continue;
      const isUsual = answer.status === 400 || answer.status === 401;
      tally.holds("SHARE-42", isUsual, `${what} was answered with ${shown(answer)}`);
    }
    tally.say("refused");
  },
};

export const wrongType: Check = {
  name: "wrong-type",
  line: "A share that says that it is plain text is refused.",
  ids: ["GOOD-01", "GOOD-07"],
  needs: ["share"],
  async run(bench, tally) {
    const answer = await postShare(bench, notice(bench), { type: "text/plain" });
    if (refusedWell(tally, "GOOD-07", answer, "a share as text/plain")) tally.say(shown(answer));
  },
};

export const hugeBody: Check = {
  name: "huge-body",
  line: "A body of eight megabytes is refused, and not waited for.",
  ids: ["GOOD-01", "GOOD-03", "GOOD-06"],
  needs: ["share"],
  async run(bench, tally) {
    const answer = await postShare(bench, notice(bench, { description: "x".repeat(HUGE) })).catch((error: unknown) => {
      if (!(error instanceof NoAnswer) || error.kind !== "cut") throw error;
    });
    // Who hangs up in the middle has refused it too.
    if (answer === undefined) tally.say("the connection was cut");
    else if (refusedWell(tally, "GOOD-06", answer, "a body of 8 MiB")) tally.say(`answered with ${answer.status}`);
  },
};

/** How a good share was refused. A name that was written wrong looks like a server that is broken, so it is asked for. */
function refusalOf(answer: Pick<Answer, "status" | "text">, recipient: string): string {
  const refusal = `it was refused: ${shown(answer)}`;
  const isOfRecipient = /recipient|share[-_ ]?with|\b(?:user|account|person)s?\b/i.test(answer.text);
  if (!isOfRecipient || (answer.status !== 400 && answer.status !== 404)) return refusal;
  const name = recipient.slice(0, recipient.lastIndexOf("@"));
  return `${refusal.replace(/\.$/, "")}. Is there an account “${name}” there?`;
}

/** The Share Creation Notifications that our server has sent. */
async function announcements(bench: Bench): Promise<Message[]> {
  const url = `${endPointOf(bench)}/shares`;
  return (await bench.reference.outgoing()).filter((message) => message.method === "POST" && message.url === url);
}

async function firstAnswer(bench: Bench, before: number): Promise<Message | undefined> {
  const end = performance.now() + PATIENCE;
  while (performance.now() < end) {
    const answered = (await announcements(bench))
      .slice(before)
      .find(({ status, ms }) => status !== null && ms !== null);
    if (answered !== undefined) return answered;
    await delay(LOOK_AFTER);
  }
  return undefined;
}
