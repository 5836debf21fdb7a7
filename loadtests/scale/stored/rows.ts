import { hash } from "node:crypto";
import { hostOf, type Players } from "../players.ts";
import { ageOf, choiceOf, type Fate, fateOf, isSent, peerOf, personOf, providerIdOf, secretOf } from "./facts.ts";

type Value = string | number | null;

/** A row as the server wrote it, by column. */
export type Template = Readonly<Record<string, Value>>;

/** Rows that the server wrote, by what became of them. */
export type Templates = Readonly<Record<Fate, readonly Template[]>>;

/** What the stored rows have in common. */
export interface Stored {
  players: Players;
  /** Host of the server. */
  host: string;
  /** The sharedSecret in the templates of received shares. It stays: sealed, it is the server's own. */
  receivedSecret: string;
}

const DAY = 24 * 3_600_000;
/** The oldest share that is still in use, and the oldest that is over: the server forgets those after 90 days. */
const OLDEST_DAYS = 730;
const OLDEST_OVER_DAYS = 85;
const TIMES = ["created_at", "updated_at", "ended_at", "next_at"] as const;

/** The columns in which the share with this number differs from its template. */
export function rowOf(index: number, templates: Templates, stored: Stored): { template: Template; own: Template } {
  const fate = fateOf(index);
  const alternatives = templates[fate];
  const template = alternatives[choiceOf(index, alternatives.length)];
  if (template === undefined) throw new Error(`There is no template of a share that is ${fate}.`);
  const parts = isSent(index) ? sent(index, stored) : received(index, template, stored);
  return { template, own: { ...times(index, fate, template), ...parts } };
}

/** All times of a row are moved by the same. */
function times(index: number, fate: Fate, template: Template): Template {
  const by = Math.round(ageOf(index) * (fate === "over" ? OLDEST_OVER_DAYS : OLDEST_DAYS) * DAY);
  const moved: Record<string, Value> = {};
  for (const name of TIMES) {
    const time = template[name];
    moved[name] = typeof time === "number" ? time - by : null;
  }
  return moved;
}

function sent(index: number, { players }: Stored): Template {
  const host = hostOf(players, peerOf(index));
  return {
    _id: providerIdOf(players.seed, index),
    user: `user${personOf(index)}`,
    share_with: `person${index % 1000}@${host}`,
    host,
    secret_hash: hash("sha256", secretOf(players.seed, index), "hex"),
  };
}

function received(index: number, template: Template, { players, host, receivedSecret }: Stored): Template {
  const senderHost = hostOf(players, peerOf(index));
  const providerId = providerIdOf(players.seed, index);
  const user = `user${personOf(index)}`;
  const sender = `sender${index % 1000}@${senderHost}`;
  const row = {
    _id: hash("sha256", JSON.stringify(["incoming", senderHost, providerId]), "hex"),
    user,
    sender_host: senderHost,
    provider_id: providerId,
    share_with: `${user}@${host}`,
    sender,
    owner: sender,
    sender_display_name: `Sender ${index % 1000}`,
    owner_display_name: `Sender ${index % 1000}`,
    name: `Minutes of meeting ${index}.odt`,
    uri: providerId,
  };
  const { share_type, resource_type, permissions, requirements } = template;
  const content = [
    row.share_with,
    row.owner,
    row.sender,
    row.name,
    share_type,
    resource_type,
    null,
    row.uri,
    receivedSecret,
    JSON.parse(String(permissions)),
    JSON.parse(String(requirements)),
  ];
  return { ...row, content_hash: hash("sha256", JSON.stringify(content), "hex") };
}
