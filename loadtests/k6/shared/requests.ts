import encoding from "k6/encoding";
import http, { type RefinedParams, type RefinedResponse, type RequestBody } from "k6/http";
import type { Person } from "./world.ts";

/** Who is asked: the Sending Server or the Receiving Server of the share that it is about, or any server. */
export type Role = "sender" | "receiver" | "server";

/** Where a request belongs in the results. */
export interface Place {
  endpoint: string;
  role: Role;
}

type Params = Omit<RefinedParams<"text" | "none">, "tags">;
export type Answer = RefinedResponse<"text" | "none">;

/** Sends a request, tagged with its endpoint and role. Its address is no tag: there would be one for each share. */
export function send(
  { endpoint, role }: Place,
  method: string,
  url: string,
  body: RequestBody | null = null,
  params: Params = {},
): Promise<Answer> {
  const tags = { endpoint, role, name: endpoint };
  return http.asyncRequest(method, url, body, { responseType: "text", ...params, tags });
}

/** A header of an answer, by its canonical name; empty: there is none. k6's documentation says that it is a list, k6's types say that it is text. */
export function headerOf({ headers }: Answer, name: string): string {
  return String(headers[name] ?? "");
}

/** Asks the user API, or the file routes of the testbed, as a person. */
export function sendAs(
  person: Person,
  place: Place,
  method: string,
  path: string,
  body?: unknown,
  params: Params = {},
): Promise<Answer> {
  const { origin, username, password } = person;
  const isText = typeof body === "string";
  const headers = {
    Authorization: `Basic ${encoding.b64encode(`${username}:${password}`)}`,
    ...(body === undefined || isText ? {} : { "Content-Type": "application/json" }),
    ...params.headers,
  };
  const content = body === undefined ? null : isText ? body : JSON.stringify(body);
  return send(place, method, origin + path, content, { ...params, headers });
}

/** The user API of a server. */
export const API = "/ocm/api/v1";
