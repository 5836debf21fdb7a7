/**
 * Why something with another server did not work, as records and findings keep it: the code, and what it means. Answers of this server
 * have the codes of `errors.ts`; some of them are kept on records too.
 */
const REASONS = {
  "peer-dns": "The name of the other server does not resolve.",
  "peer-address-refused": "Its name leads to an address that this server does not connect to, such as a private one.",
  "peer-unreachable": "It does not accept connections, or has not answered lately.",
  "peer-tls": "Its certificate is not valid.",
  "peer-timeout": "It did not answer in time.",
  "peer-redirect": "It answered with a redirect, which is not followed.",
  "peer-too-large": "Its answer is too large.",
  "peer-not-ocm": "What answers there is no OCM server.",
  "peer-disabled": "It has federation switched off.",
  "peer-no-token-endpoint": "It names no token endpoint.",
  "peer-bad-answer": "Its answer is not what the protocol asks for.",
  "peer-error": "It had trouble of its own.",
  "hook-failed": "Code of this server's host failed; it is called again.",
} as const;

export type ReasonCode = keyof typeof REASONS;

/** Every code with its sentence, for the documentation. */
export function reasons(): [code: ReasonCode, meaning: string][] {
  return Object.entries(REASONS) as [ReasonCode, string][];
}
