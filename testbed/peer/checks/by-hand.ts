import { setTimeout as delay } from "node:timers/promises";
import { headerOf, type Message } from "../../faults/message.ts";
import { Refused } from "../../http.ts";
import { type Bench, capabilities, endPointOf, isTaken } from "../bench.ts";
import type { Check } from "../check.ts";
import { Skipped, type Tally } from "../tally.ts";
import { objectOf, parsed, shown } from "./answers.ts";

const LOOK_AFTER = 200;
/** Milliseconds for what our server has to say to the peer. */
const PATIENCE = 30_000;

export const acceptInvite: Check = {
  name: "accept-invite",
  line: "Our person accepts the invite of --invite, and becomes a contact.",
  ids: ["INV-21", "INV-22", "INV-25"],
  async run(bench, tally) {
    const { invite, reference } = bench;
    if (invite === null) throw new Skipped("Make an invite at your server and give it with --invite STRING.");
    const before = await said(bench, "invite-accepted");
    const contact = await reference.role.acceptInvite(invite).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
      tally.holds("INV-25", false, error.message);
    });
    if (contact === undefined) return;
    const answered = await answerOf(bench, "invite-accepted", before.length);
    if (!tally.holds("INV-25", answered !== undefined, "the acceptance was not answered") || answered === undefined)
      return;
    bench.last = answered;
    const text = answered.responseBody.toString("utf8");
    const status = answered.status ?? 0;
    if (!tally.holds("INV-25", status === 200, `the acceptance was answered with ${shown({ status, text })}`)) return;
    const type = headerOf(answered.responseHeaders, "content-type") ?? "missing";
    tally.holds("INV-21", /json/i.test(type), `the content type of the answer is ${type}`);
    const { userID, email, name } = objectOf(parsed(text));
    const isWhole = [userID, email, name].every((value) => typeof value === "string");
    tally.holds("INV-22", isWhole, `the answer is ${text.slice(0, 120)}`);
    tally.say(`${String(name)} (${String(userID)}) is a contact`);
  },
};

export const theirAcceptance: Check = {
  name: "their-acceptance",
  line: "Somebody there accepts an invite of our person.",
  ids: ["INV-34"],
  async run(bench, tally) {
    const { reference, waitMs } = bench;
    if (waitMs === 0) throw new Skipped("Somebody there has to accept an invite of ours: --wait SECONDS prints one.");
    if (!bench.isAskedFor("their-acceptance") && !capabilities(bench).has("invites")) {
      throw new Skipped("It has no capability invites.");
    }
    const { invite } = await reference.role.createInvite("For the testbed");
    const how = "at a koa-ocm server on its page, or by POST /ocm/api/v1/contacts";
    bench.tell(
      `Accept this invite of ${reference.account.address} there within ${secondsOf(waitMs)} (${how}): ${invite}`,
    );
    const before = reference.incoming().length;
    const known = new Set((await reference.role.contacts()).map(({ id }) => id));
    const contact = await within(bench, waitMs, async () => {
      noteRefusals(bench, tally, "INV-34", "/ocm/invite-accepted", before);
      return (await reference.role.contacts()).find(({ id, status }) => !known.has(id) && status === "active");
    });
    noteRefusals(bench, tally, "INV-34", "/ocm/invite-accepted", before);
    if (contact !== undefined) tally.say(`${contact.name} (${contact.address}) is a contact`);
    else missed(bench, tally, "their-acceptance", "INV-34", "Nobody accepted it");
  },
};

export const theirShare: Check = {
  name: "their-share",
  line: "Somebody there shares a file with our person, and our server takes the share.",
  ids: ["SHARE-01", "SHARE-04"],
  async run(bench, tally) {
    const { reference, waitMs, found } = bench;
    if (waitMs === 0) {
      throw new Skipped("Somebody there has to share a file with our person: --wait SECONDS prints the address.");
    }
    bench.tell(`Share a file there within ${secondsOf(waitMs)} with ${reference.account.address}`);
    const before = reference.incoming().length;
    const arrived = await within(bench, waitMs, async () => {
      noteRefusals(bench, tally, "SHARE-01", "/ocm/shares", before);
      return (await reference.role.received()).find(({ status }) => status === "pending");
    });
    if (arrived === undefined) {
      noteRefusals(bench, tally, "SHARE-01", "/ocm/shares", before);
      missed(bench, tally, "their-share", "SHARE-01", "No share arrived");
      return;
    }
    const message = reference
      .incoming()
      .findLast(({ path, status }) => path === "/ocm/shares" && isTaken({ status: status ?? 0 }));
    bench.last = message ?? null;
    const { providerId } = objectOf(parsed(message?.requestBody.toString("utf8") ?? ""));
    found.received = { id: arrived.id, providerId: String(providerId) };
    const isSigned = message !== undefined && headerOf(message.requestHeaders, "signature") !== undefined;
    tally.holds("SHARE-04", isSigned, "the share is not signed");
    tally.say(
      `“${arrived.name}” of ${arrived.sender}, ${isSigned ? "signed, " : ""}with ${arrived.permissions.join(", ")}`,
    );
  },
};

export const theirFile: Check = {
  name: "their-file",
  line: "Our person accepts that share and reads what was shared, all of it.",
  ids: ["TOK-07", "ACC-12"],
  needs: ["their-share"],
  async run(bench, tally) {
    const { reference, found } = bench;
    if (found.received === null) throw new Skipped("No share arrived.");
    const { tokenEndPoint } = bench.document;
    await reference.role.accept(found.received.id);
    try {
      const { entry, children = [] } = await reference.entries(found.received.id);
      const file = entry.type === "file" ? { ...entry, path: "" } : children.find(({ type }) => type === "file");
      if (file === undefined) {
        tally.say(`the folder opens, and has no file among its ${children.length} entries`);
        return;
      }
      let read = 0;
      for await (const chunk of await reference.role.read(found.received.id, file.path)) read += chunk.length;
      const isWhole = file.size === null || file.size === read;
      tally.holds("ACC-12", isWhole, `${read} bytes came of ${file.size} that it says it has`);
      tally.say(`${read} bytes`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      bench.last = (await reference.outgoing()).findLast(({ method }) => method !== "POST") ?? null;
      tally.holds("ACC-12", false, error.message);
    }
    const exchanges = (await reference.outgoing()).filter(
      ({ url, status }) => url === tokenEndPoint && status !== null,
    );
    for (const message of exchanges) {
      bench.last = message;
      const text = message.responseBody.toString("utf8");
      const { access_token: token, token_type: type } = objectOf(parsed(text));
      const isGood = message.status === 200 && typeof token === "string" && /^bearer$/i.test(String(type));
      // The token itself is nobody's business.
      tally.holds("TOK-07", isGood, `the exchange was answered with ${message.status} and token_type ${String(type)}`);
    }
    if (exchanges.length > 0) tally.say("by an exchanged token");
  },
};

export const theirNotification: Check = {
  name: "their-notification",
  line: "It accepts that the share was accepted, and that our person has left it.",
  ids: ["NOTIF-02", "PROV-02"],
  needs: ["their-share"],
  async run(bench, tally) {
    const { reference, found } = bench;
    if (found.received === null) throw new Skipped("No share arrived.");
    const requirement = capabilities(bench).has("notifications") ? "NOTIF-02" : "PROV-02";
    const { id, providerId } = found.received;
    const { status } = await reference.role.receivedShare(id);
    if (status === "pending") await reference.role.decline(id);
    else await reference.role.leave(id);
    found.received = null;
    const wanted = status === "pending" ? ["SHARE_DECLINED"] : ["SHARE_ACCEPTED", "SHARE_DECLINED"];
    for (const type of wanted) {
      const answered = await within(bench, PATIENCE, async () =>
        (await said(bench, "notifications")).find(
          ({ ms, requestBody }) => ms !== null && requestBody.includes(type) && requestBody.includes(providerId),
        ),
      );
      bench.last = answered ?? null;
      const answer = { status: answered?.status ?? 0, text: answered?.responseBody.toString("utf8") ?? "" };
      const how = answered?.status == null ? "not answered" : `answered with ${shown(answer)}`;
      if (tally.holds(requirement, isTaken(answer), `${type} was ${how}`)) tally.say(`${type}: ${answer.status}`);
    }
  },
};

function secondsOf(ms: number): string {
  return ms === 1000 ? "1 second" : `${ms / 1000} seconds`;
}

/** What our server has posted to an endpoint of the peer. */
async function said(bench: Bench, endpoint: string): Promise<Message[]> {
  const url = `${endPointOf(bench)}/${endpoint}`;
  return (await bench.reference.outgoing()).filter((message) => message.method === "POST" && message.url === url);
}

function answerOf(bench: Bench, endpoint: string, before: number): Promise<Message | undefined> {
  return within(bench, PATIENCE, async () =>
    (await said(bench, endpoint)).slice(before).find(({ status, ms }) => status !== null && ms !== null),
  );
}

async function within<T>(bench: Bench, longestMs: number, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = performance.now() + longestMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > end || bench.isOver()) return answer;
    await delay(LOOK_AFTER);
  }
}

/** Notes once what came in and was refused by our server, with its reason. */
function noteRefusals(bench: Bench, tally: Tally, id: "INV-34" | "SHARE-01", path: string, before: number): void {
  for (const message of bench.reference.incoming().slice(before)) {
    const { status, ms, at, responseBody } = message;
    if (message.path !== path || ms === null || status === null || status < 400) continue;
    const key = `${path} ${at}`;
    if (bench.found.refused.has(key)) continue;
    bench.found.refused.add(key);
    bench.last = message;
    tally.holds(id, false, `our server refused it: ${shown({ status, text: responseBody.toString("utf8") })}`);
  }
}

/** Nothing came. Whoever has named the check wanted it to come. */
function missed(bench: Bench, tally: Tally, name: string, id: "INV-34" | "SHARE-01", what: string): void {
  const sentence = `${what} within ${secondsOf(bench.waitMs)}.`;
  if (bench.isAskedFor(name) || bench.found.refused.size > 0) tally.holds(id, false, sentence);
  else throw new Skipped(sentence);
}
