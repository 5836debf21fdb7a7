import fc from "fast-check";
import { canonicalHost } from "./address.ts";
import { OcmError } from "./errors.ts";

/** What came of a call: `{ value }`, the code of an OcmError, or any other error itself. */
export function outcome(call: () => unknown): unknown {
  try {
    return { value: call() };
  } catch (error) {
    return error instanceof OcmError ? error.code : error;
  }
}

/** Which fields an OcmError finds wrong, as `name message`; or what the call returned, or any other error. */
export function problemsOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof OcmError ? error.validationErrors?.map(({ name, message }) => `${name} ${message}`) : error;
  }
}

/** Identifiers of people: any text, without control characters. */
export const identifiers = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
    fc.emailAddress(),
    fc.constantFrom("bob", "Bob", "a@b", "日本語", "été", "e\u0301te\u0301", "👩‍👩‍👧@home", "%40", " "),
  )
  .filter((text) => !/\p{Cc}/u.test(text));

/** Hosts with and without a port, canonical. */
export const hosts = fc
  .tuple(
    fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.constantFrom("localhost", "cloud1.docker", "my_server", "münchen.example", "例え.jp", "EXAMPLE.org."),
    ),
    fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
  )
  .map(([name, port]) => canonicalHost(port === undefined ? name : `${name}:${port}`));

/** A valid message with one or more of its values, at any depth, replaced by something else, or removed. */
export function broken(valid: unknown): fc.Arbitrary<unknown> {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      "",
      0,
      -1,
      1e300,
      null,
      true,
      [],
      {},
      [[]],
      { toString: 1, valueOf: 1 },
      "\ud800",
      "a\u0000@b",
      "@",
      "x@",
    ),
    fc.string({ unit: "binary" }),
  );
  return fc
    .array(fc.tuple(fc.nat(), anything, fc.boolean()), { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce<unknown>((value, [at, by, remove]) => change(value, at, by, remove), valid));
}

function change(value: unknown, at: number, by: unknown, remove: boolean): unknown {
  if (typeof value !== "object" || value === null) return by;
  const entries = Object.entries(value);
  const chosen = entries.length === 0 ? undefined : entries[at % (entries.length + 1)];
  if (chosen === undefined) return by;
  const [key, inner] = chosen;
  if (remove)
    return rebuilt(
      value,
      entries.filter(([other]) => other !== key),
    );
  const changed = change(inner, Math.floor(at / (entries.length + 1)), by, at % 2 === 0);
  return rebuilt(
    value,
    entries.map(([other, kept]) => [other, other === key ? changed : kept]),
  );
}

function rebuilt(value: object, entries: [string, unknown][]): unknown {
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
