import { chance } from "./chance.ts";

/** A fault of what a server shows of itself over TLS; the proxy in front of it does it. */
export interface CertificateFault {
  kind: "certificate";
  line: string;
}

/** For how long the certificate of a server has expired until it is renewed. */
export interface ExpiredFor {
  server: string;
  forMs: number;
}

/** Every fault of certificates, by name. The servers have to speak TLS to each other. */
export const CERTIFICATE_FAULTS = {
  "expired-certificate": {
    kind: "certificate",
    line: "the certificate of one server has expired and is renewed after seconds, then that of the other",
  },
} as const satisfies Record<string, CertificateFault>;

export type CertificateFaultName = keyof typeof CERTIFICATE_FAULTS;

/** One after the other, from now on; the same seed gives the same. */
export function expiries(seed: string, servers: readonly string[]): ExpiredFor[] {
  const number = (what: string) => chance(`${seed} expired-certificate ${what}`);
  return servers
    .map((server) => ({ server, forMs: Math.round(1000 + number(`for ${server}`) * 2500) }))
    .toSorted((one, other) => number(`order ${one.server}`) - number(`order ${other.server}`));
}
