const MODULUS = 65_521;
/** So many bytes can be added up before the sums have to be reduced, without leaving 32 bits. */
const RUN = 5552;

/** The Adler-32 checksum (RFC 1950 section 9) of bytes that come in pieces. */
export interface Adler32 {
  update(bytes: Uint8Array): void;
  /** Eight hexadecimal digits. */
  digest(): string;
}

export function adler32(): Adler32 {
  let first = 1;
  let second = 0;
  return {
    update(bytes) {
      for (let start = 0; start < bytes.length; start += RUN) {
        const end = Math.min(start + RUN, bytes.length);
        for (let index = start; index < end; index += 1) {
          first += bytes[index] ?? 0;
          second += first;
        }
        first %= MODULUS;
        second %= MODULUS;
      }
    },
    digest: () => (second * 65_536 + first).toString(16).padStart(8, "0"),
  };
}
