/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object, as it is sent. */
export type JsonObject = { [key: string]: Json };

/** Is this a JSON object: neither an array nor null? */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The texts of a list. PHP servers send a list with gaps as an object with numeric keys, so that is read as a list too.
 * @returns undefined when it is no list, or when something in it is no text
 */
export function textsOf(value: unknown): string[] | undefined {
  const items = isObject(value) && Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : value;
  if (!Array.isArray(items) || !items.every((item) => typeof item === "string")) return undefined;
  return items;
}
