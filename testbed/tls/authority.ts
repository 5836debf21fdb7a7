// @peculiar/x509 finds its parts by reflection.
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

const DAY = 24 * 60 * 60 * 1000;
const KEYS = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** What a TLS server needs, in PEM. */
export interface Credentials {
  key: string;
  cert: string;
}

/** A certificate authority of the testbed's own, made on the spot. */
export interface Authority {
  /** Its own certificate, in PEM. Whoever trusts this trusts all that it issued. */
  certificate: string;
  /**
   * A certificate for DNS names, valid from a day ago to `until`.
   *
   * @param until milliseconds since the Unix epoch; in the past for one that has expired. @default in 30 days
   */
  issue(names: [string, ...string[]], until?: number): Promise<Credentials>;
}

/** Makes an authority. Its key exists in this object only. */
export async function createAuthority(): Promise<Authority> {
  cryptoProvider.set(webcrypto as typeof globalThis.crypto);
  const keys = await keyPair();
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=koa-ocm testbed",
    notBefore: new Date(now - 2 * DAY),
    notAfter: new Date(now + 30 * DAY),
    keys,
    signingAlgorithm: KEYS,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: certificate.toString("pem"),
    async issue(names, until = now + 30 * DAY) {
      const own = await keyPair();
      const issued = await X509CertificateGenerator.create({
        serialNumber: serial(),
        subject: `CN=${names[0]}`,
        issuer: certificate.subject,
        notBefore: new Date(Math.min(Date.now(), until) - DAY),
        notAfter: new Date(until),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: KEYS,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value }))),
        ],
      });
      const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", own.privateKey);
      return { key: PemConverter.encode(pkcs8, "PRIVATE KEY"), cert: issued.toString("pem") };
    },
  };
}

function keyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
}

/** 16 octets that are a positive number (RFC 5280 section 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString("hex");
}
