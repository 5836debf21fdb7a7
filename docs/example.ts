// A complete federated file server: two people, a folder each, HTTP Basic. In your project import from "koa-ocm".
import { timingSafeEqual } from "node:crypto";
import { mkdirSync } from "node:fs";
import Koa from "koa";
import { createOcm, folderFiles, type HostContext } from "../plugin/index.ts";

const port = Number(process.env.PORT ?? 8080);
const data = process.env.DATA ?? "./data";
const people = [
  { id: "alice", displayName: "Alice", email: "alice@example.org", password: "change-me-1" },
  { id: "bob", displayName: "Bob", email: "bob@example.org", password: "change-me-2" },
];
for (const { id } of people) mkdirSync(`${data}/${id}`, { recursive: true });

const find = async (id: string) => people.find((person) => person.id === id);

async function authenticate({ headers }: HostContext) {
  const [, credentials = ""] = /^Basic (.+)$/.exec(String(headers.authorization)) ?? [];
  const [id = "", password = ""] = Buffer.from(credentials, "base64").toString().split(":");
  const person = await find(id);
  const expected = Buffer.from(person?.password ?? "");
  const given = Buffer.from(password);
  return person && given.length === expected.length && timingSafeEqual(given, expected) ? { id } : undefined;
}

const ocm = await createOcm({
  origin: process.env.ORIGIN ?? `http://localhost:${port}`,
  database: `file:${data}/ocm.sqlite`,
  host: {
    users: { find },
    files: folderFiles((user) => `${data}/${user}`),
    // Basic is sent by scripts, not by browsers on their own: refuse what comes from another site's page.
    session: { authenticate, forgery: ({ headers }) => (headers.origin ? "Use a client, not a browser." : null) },
  },
});

const server = new Koa().use(ocm.middleware()).listen(port);
process.once("SIGTERM", () => server.close(() => void ocm.close()));
