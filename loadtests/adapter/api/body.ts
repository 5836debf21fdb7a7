/** What can be sent: text, bytes, or the fields of a form. */
export type RequestBody = string | ArrayBuffer | Record<string, string>;

const FORM = "application/x-www-form-urlencoded";

/** The bytes of a request's body, and their media type where k6 sets it by itself. */
export function bodyOf(body: RequestBody | null | undefined): { bytes: string | Buffer | null; mediaType?: string } {
  if (body === null || body === undefined) return { bytes: null };
  if (typeof body === "string") return { bytes: body };
  if (body instanceof ArrayBuffer) return { bytes: Buffer.from(body) };
  if (ArrayBuffer.isView(body)) throw new Error("A view is no body: send its buffer.");
  for (const value of Object.values(body)) {
    if (typeof value === "object") throw new Error("Forms with files are not known here; real k6 knows them.");
  }
  return { bytes: new URLSearchParams(body).toString(), mediaType: FORM };
}
