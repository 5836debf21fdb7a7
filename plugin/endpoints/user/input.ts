import { z } from "zod";
import { OcmError, type ValidationError } from "../../protocol/errors.ts";
import type { Call } from "../route.ts";

/** Text of at most `max` characters that a database and a peer can take: well-formed Unicode without NUL. */
export function text(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => !value.includes("\0") && value.isWellFormed(), "NUL and lone surrogates are not accepted.");
}

/** Which page of a list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe("At most this many items."),
  after: text(1024).optional().describe("The `next` of the page before."),
});

/**
 * Checks a JSON body. Fields that are not known are refused, so that a misspelt one is not silently without effect.
 * @throws invalid-fields with all that is wrong at once
 */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body, { error: sentence });
  if (!result.success) {
    throw new OcmError("invalid-fields", { validationErrors: result.error.issues.flatMap(validationErrors) });
  }
  return result.data;
}

/**
 * Checks the query of a URL. Names that are not known, and names given twice, are refused.
 * @throws invalid-fields with all that is wrong at once
 */
export function parseQuery<S extends z.ZodObject>(schema: S, query: URLSearchParams): z.output<S> {
  const values = new Map<string, string | string[]>();
  for (const name of query.keys()) {
    const all = query.getAll(name);
    values.set(name, all.length === 1 ? (all[0] ?? "") : all);
  }
  return parseBody(schema, Object.fromEntries(values));
}

/** A request header as one value. */
export function header(call: Call, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function validationErrors(issue: z.core.$ZodIssue): ValidationError[] {
  const name = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      name: name === "" ? key : `${name}.${key}`,
      message: "There is no such field.",
    }));
  }
  return [{ name: name === "" ? "body" : name, message: issue.message }];
}

/** What is wrong with one value, for a person; undefined leaves it to the library's own words. */
function sentence(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "This field is missing." : `This has to be of type ${issue.expected}.`;
    case "invalid_value":
      return `This has to be one of: ${issue.values.join(", ")}.`;
    case "too_big":
      return `At most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}.`;
    case "too_small":
      return `At least ${issue.minimum}${issue.origin === "string" ? " characters" : ""}.`;
    case "invalid_format":
      return issue.format === "datetime" ? "This has to be a time such as 2026-12-01T00:00:00Z." : undefined;
    default:
      return undefined;
  }
}
