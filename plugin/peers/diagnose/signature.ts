import { PeerFailure } from "../../ports/peer-client.ts";
import { isObject } from "../../protocol/json.ts";
import { encodeNotification } from "../../protocol/notification.ts";
import { has } from "../../protocol/profile.ts";
import type { Examination } from "./examination.ts";
import { failed, ok, shown, skipped, type Verdict, warning } from "./finding.ts";
import type { Exchange } from "./witness.ts";

const PROBE = "a signed notification about a share that does not exist";
const OF_SHARE =
  /RESOURCE_NOT_FOUND|share[-_ ]?(?:is )?(?:not[-_ ]found|unknown)|no such share|unknown share|providerId/i;
const OF_SIGNATURE = /signature|\b(?:un)?signed\b|\bsign(?:ing)?\b|keyid|content[- ]digest/i;
/** The endpoint itself is missing. */
const NOT_THERE = new Set([404, 405, 410, 501]);

/**
 * Does the peer take our signature? It is sent a notification which cannot change anything, for nobody has the share that it names. By
 * the draft the signature is looked at first (G-20), so a complaint about the share shows that the peer could fetch our keys.
 */
export async function checkSignature(examination: Examination): Promise<Verdict> {
  const { host, system, post, exchanges, requestId, found } = examination;
  const profile = found.discovered?.profile;
  if (profile === undefined) return skipped("There is no discovery document.");
  if (profile.endPoint === "") return skipped("The peer names no API to send anything to.");
  const random = system.random("diagnosis", 16).toString("hex");
  const json = encodeNotification({
    notificationType: "SHARE_ACCEPTED",
    providerId: `diagnosis-${random}`,
    resourceType: "file",
    // Some servers look for the share by its secret, and stumble where there is none.
    sharedSecret: random,
  });
  try {
    await post({ host, endpoint: "notifications", body: { json }, requestId });
  } catch (error) {
    if (!(error instanceof PeerFailure)) throw error;
    return failed(error.message, "Check the endPoint in its discovery document with its operator.");
  }
  const answer = exchanges.findLast(({ method }) => method === "POST");
  if (answer === undefined) return skipped("Nothing was sent.");
  return judge(examination, answer, has(profile, "http-sig"));
}

function judge({ requestId, found }: Examination, answer: Exchange, checksSignatures: boolean): Verdict {
  const { status } = answer;
  const words = wordsOf(answer);
  const said = words.text === "" ? `${status}` : `${status}, "${shown(words.text)}"`;
  const accepted = (message: string): Verdict => {
    if (!checksSignatures) {
      return skipped(`It answered ${PROBE} with ${said}, but does not advertise http-sig, so that shows nothing.`);
    }
    return ok(message);
  };

  if (status >= 400 && OF_SIGNATURE.test(words.all))
    return refused(`It refuses our signature: ${said}.`, words.next, requestId);
  if (OF_SHARE.test(words.all)) {
    // Some servers look for the share first, and then answer 403.
    if (checksSignatures && (status === 400 || status === 404)) found.verifiedByPeer = true;
    return accepted(`It does not object to our signature: it answered ${PROBE} with ${said}.`);
  }
  if (NOT_THERE.has(status))
    return skipped(`It takes no notifications (${said}), so our signature could not be tried.`);
  if (status === 401 || status === 403) return refused(`It refuses this server: ${said}.`, words.next, requestId);
  if (status < 300) return accepted(`It acknowledged ${PROBE} (${status}), so it did not object to our signature.`);
  return warning(
    `It answered ${PROBE} with ${said}, which tells nothing about our signature.`,
    `Its log has more under the request id ${requestId}.`,
  );
}

function refused(message: string, advice: string, requestId: string): Verdict {
  const log = `Its log has more under the request id ${requestId}.`;
  return failed(message, advice === "" ? log : `${shown(advice)} ${log}`);
}

/** What the peer says for people, what it advises, and all of its words for a search. */
function wordsOf(answer: Exchange): { text: string; next: string; all: string } {
  const all = answer.text();
  let body: unknown;
  try {
    body = JSON.parse(all);
  } catch {
    const isPage = /^\s*</.test(all);
    return { text: isPage ? "" : all, next: "", all: isPage ? "" : all };
  }
  if (!isObject(body)) return { text: "", next: "", all: "" };
  const [message, code, next] = [body.message, body.code ?? body.error, body.next].map((value) =>
    typeof value === "string" ? value : "",
  );
  return { text: [message, code && `(${code})`].filter(Boolean).join(" "), next: next ?? "", all };
}
