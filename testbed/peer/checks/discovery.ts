import { capabilities, criteria } from "../bench.ts";
import type { Check } from "../check.ts";
import { Skipped } from "../tally.ts";
import { isJson, objectOf } from "./answers.ts";

const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const said = (value: unknown): string => (value === undefined ? "missing" : (JSON.stringify(value) ?? "").slice(0, 80));

export const discovery: Check = {
  name: "discovery",
  line: "The discovery document is there and has its required fields.",
  ids: ["TERM-03", "DISC-11", "DISC-14", "DISC-15", "DISC-16", "DISC-17", "DISC-18", "DISC-34", "DISC-37", "GOOD-09"],
  async run({ document, discovery: answer, peer }, tally) {
    const { enabled, apiVersion, endPoint, provider, resourceTypes } = document;
    tally.holds("TERM-03", answer.status === 200, `${peer}/.well-known/ocm answered with ${answer.status}`);
    tally.holds("DISC-11", !answer.isCut, "the document is longer than 256 KiB");
    tally.holds("GOOD-09", isJson(answer), `its content type is ${answer.headers["content-type"] ?? "missing"}`);
    tally.holds("DISC-14", typeof enabled === "boolean", `enabled is ${said(enabled)}`);
    tally.holds("DISC-15", isText(apiVersion) && /^v?\d+\.\d+/.test(apiVersion), `apiVersion is ${said(apiVersion)}`);
    const isUrl = isText(endPoint) && /^https?:$/.test(URL.parse(endPoint)?.protocol ?? "");
    tally.holds("DISC-16", isUrl, `endPoint is ${said(endPoint)}`);
    tally.holds("DISC-17", provider === undefined || isText(provider), `provider is ${said(provider)}`);
    tally.holds("DISC-18", Array.isArray(resourceTypes), `resourceTypes is ${said(resourceTypes)}`);
    for (const [id, name] of [["DISC-34", "capabilities"] as const, ["DISC-37", "criteria"] as const]) {
      const list = document[name];
      tally.holds(id, list === undefined || isTexts(list), `${name} is ${said(list)}`);
    }
    tally.say(`“${isText(provider) ? provider : peer}”, OCM ${apiVersion}, API at ${endPoint}`);
  },
};

export const resourceTypes: Check = {
  name: "resource-types",
  line: "Each resource type names its share types and protocols as the draft says.",
  ids: ["DISC-19", "DISC-20", "DISC-21", "DISC-22", "DISC-23", "DISC-25", "DISC-26", "DISC-29", "DISC-30"],
  async run({ document }, tally) {
    if (!Array.isArray(document.resourceTypes)) throw new Skipped("Discovery names no resourceTypes.");
    const types: Record<string, unknown>[] = document.resourceTypes.map(objectOf);
    tally.holds("DISC-20", types.length > 0, "there is none");
    const names = types.map(({ name }) => name);
    tally.holds("DISC-21", new Set(names).size === names.length, `the names are ${names.join(", ")}`);
    for (const { name, shareTypes, protocols } of types) {
      const isWhole =
        isText(name) &&
        isTexts(shareTypes) &&
        typeof protocols === "object" &&
        protocols !== null &&
        !Array.isArray(protocols);
      if (!tally.holds("DISC-19", isWhole, `${said(name)} lacks one of them`)) continue;
      const offered = objectOf(protocols);
      const { webdav, ssh } = offered;
      tally.holds(
        "DISC-22",
        Array.isArray(shareTypes) && shareTypes.includes("user"),
        `${name} has ${said(shareTypes)}`,
      );
      if (name === "file") tally.holds("DISC-23", webdav !== undefined, "file has no webdav");
      if (webdav !== undefined) {
        tally.holds("DISC-25", isText(webdav) && webdav.startsWith("/"), `webdav of ${name} is ${said(webdav)}`);
      }
      if (ssh !== undefined) tally.holds("DISC-30", isText(ssh) && /:\d+$/.test(ssh), `ssh of ${name} is ${said(ssh)}`);
      const { uri } = objectOf(offered["webdav-receive"]);
      if (offered["webdav-receive"] !== undefined) {
        const isKnown = uri === "absolute" || uri === "relative";
        tally.holds("DISC-26", isKnown, `webdav-receive.uri of ${name} is ${said(uri)}`);
      }
      const { targets } = objectOf(offered["webapp-receive"]);
      if (offered["webapp-receive"] !== undefined) {
        const isKnown = Array.isArray(targets) && targets.every((target) => target === "blank" || target === "iframe");
        tally.holds("DISC-29", isKnown, `webapp-receive.targets of ${name} is ${said(targets)}`);
      }
    }
    tally.say(names.join(", "));
  },
};

export const promises: Check = {
  name: "promises",
  line: "Criteria and capabilities fit together, and what they need is named.",
  ids: ["DISC-42", "DISC-46", "DISC-47", "DISC-50", "SIG-01"],
  async run(bench, tally) {
    const { tokenEndPoint, inviteAcceptDialog } = bench.document;
    const can = capabilities(bench);
    const demands = criteria(bench);
    if (demands.has("must-exchange-token")) {
      tally.holds("DISC-42", can.has("exchange-token"), "it demands must-exchange-token without exchange-token");
    }
    if (demands.has("must-use-http-sig")) {
      tally.holds("SIG-01", can.has("http-sig"), "it demands must-use-http-sig without the capability http-sig");
    }
    if (can.has("exchange-token") || tokenEndPoint !== undefined) {
      const isUrl = isText(tokenEndPoint) && URL.canParse(tokenEndPoint);
      tally.holds("DISC-50", isUrl, `tokenEndPoint is ${said(tokenEndPoint)}`);
    }
    if (inviteAcceptDialog !== undefined) {
      const isPlace = isText(inviteAcceptDialog) && /^(?:\/|https?:\/\/)/.test(inviteAcceptDialog);
      tally.holds("DISC-46", isPlace, `inviteAcceptDialog is ${said(inviteAcceptDialog)}`);
    } else if (can.has("invites")) tally.holds("DISC-47", false, "inviteAcceptDialog is missing");
    const list = (what: string, set: Set<string>) =>
      set.size === 0 ? `no ${what}` : `${what}: ${[...set].join(", ")}`;
    tally.say([list("capabilities", can), list("criteria", demands)].join(can.size + demands.size === 0 ? ", " : "; "));
  },
};

export const tls: Check = {
  name: "tls",
  line: "All that discovery names is reached over TLS.",
  ids: ["DISC-38", "SEC-04"],
  async run({ peer, document }, tally) {
    if (peer.startsWith("http:")) throw new Skipped("It speaks plain http, which --insecure-http permits.");
    const isSafe = (url: unknown) => !isText(url) || url.startsWith("https://");
    const { endPoint, tokenEndPoint, jwksUri } = document;
    tally.holds("DISC-38", isSafe(endPoint), `endPoint is ${said(endPoint)}`);
    tally.holds("DISC-38", isSafe(jwksUri), `jwksUri is ${said(jwksUri)}`);
    tally.holds("SEC-04", isSafe(tokenEndPoint), `tokenEndPoint is ${said(tokenEndPoint)}`);
    tally.say("its certificate is trusted, and all addresses are https");
  },
};

export const doctor: Check = {
  name: "doctor",
  line: "What koa-ocm doctor measures: clock, keys, and whether it takes our signature.",
  ids: ["GOOD-10"],
  async run({ reference }, tally) {
    const findings = await reference.diagnosis();
    const bad = findings.filter(
      ({ status, check }) => check !== "self" && (status === "failed" || status === "warning"),
    );
    for (const { check, message } of bad) tally.holds("GOOD-10", false, `${check}: ${asSeenThere(message)}`);
    const clock = findings.find(({ check }) => check === "clock");
    tally.say(clock === undefined ? `${findings.length} findings` : asSeenThere(clock.message));
  },
};

/**
 * A finding of our server in words for the person at the other one: there “this server” would be theirs. What it quotes of the peer
 * stays as it is.
 */
export function asSeenThere(message: string): string {
  return message
    .split(/(".*")/s)
    .map((part, at) => (at % 2 === 1 ? part : turned(part)))
    .join("");
}

function turned(text: string): string {
  return text
    .replace("so what it sends", "so what yours sends")
    .replaceAll(/\b(?:It|The peer) /g, "Your server ")
    .replaceAll("Your server refuses this server", "Your server refuses ours")
    .replaceAll("This server", "Our server")
    .replaceAll("this server", "our server");
}
