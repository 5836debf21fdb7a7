type Variant = "std" | "rawstd" | "url" | "rawurl";

/** What each variant looks like. Node would read them all alike; k6 reads one only. */
const FORMS: Record<Variant, RegExp> = {
  std: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  rawstd: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?$/,
  url: /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/,
  rawurl: /^(?:[\w-]{4})*(?:[\w-]{2,3})?$/,
};

/** The module `k6/encoding`: base64. */
export function encodingModule() {
  return {
    b64encode(input: string | ArrayBuffer, encoding: Variant = "std"): string {
      const bytes = typeof input === "string" ? Buffer.from(input) : Buffer.from(input);
      const text = bytes.toString(encoding.endsWith("url") ? "base64url" : "base64");
      if (encoding === "url") return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
      return encoding === "rawstd" ? text.replace(/=+$/, "") : text;
    },
    b64decode(input: string, encoding: Variant = "std", format: "b" | "s" = "b"): string | ArrayBuffer {
      if (!FORMS[encoding].test(input)) throw new Error(`illegal base64 data, as ${encoding}`);
      const bytes = Buffer.from(input, "base64");
      return format === "s" ? bytes.toString() : Uint8Array.from(bytes).buffer;
    },
  };
}
