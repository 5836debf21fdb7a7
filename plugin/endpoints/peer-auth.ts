import type { KeySource, Verifier } from "../ports/crypto.ts";
import { type PeerClient, PeerFailure } from "../ports/peer-client.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { TrustPolicy } from "../ports/trust.ts";
import { OcmError } from "../protocol/errors.ts";
import { has } from "../protocol/profile.ts";
import type { Call } from "./route.ts";

/** Settles who sent a message. */
export interface PeerAuth {
  /**
   * Proves that the message was signed by the host that it speaks for (draft, HTTP Message Signatures), or that it may come unsigned.
   * @throws OcmError peer-not-allowed, too-many-requests, signature-…
   */
  authenticate(call: Call, host: string): Promise<Authenticated>;
}

export interface Authenticated {
  signed: boolean;
  /** The signature's own bytes, to recognise a repetition; null where there is none. */
  signature: string | null;
}

export interface PeerAuthDependencies {
  verifier: Verifier;
  keys: KeySource;
  trust: TrustPolicy;
  peers: PeerClient;
  telemetry: Pick<Telemetry, "verify">;
  /** Counts a request of this sender; false: it has had its share for now. */
  admit(sender: string): boolean;
  /** The public URL of the request. */
  targetUri(call: Call): string;
}

/** The policy of tables 4.2 and 4.4 of the draft: cheapest and least revealing checks first. */
export function createPeerAuth(dependencies: PeerAuthDependencies): PeerAuth {
  const { verifier, keys, trust, peers, telemetry, admit, targetUri } = dependencies;
  return {
    async authenticate(call, host) {
      const refusal = trust.refuse(host);
      if (refusal !== null) throw new OcmError("peer-not-allowed", { message: refusal });
      call.peer = host;
      const signature = await verifiedSignature(call, host);
      if (signature !== null) {
        // Only now: whoever speaks in a host's name without its key must not lock it out.
        count(host);
        return { signed: true, signature };
      }
      if (await mustSign(host, call.requestId)) throw new OcmError("signature-missing");
      // Anybody can send these in the name of a host, so they do not use up what its signed requests may.
      count(`unsigned ${host}`);
      return { signed: false, signature: null };
    },
  };

  /** Null where there is no OCM signature. @throws OcmError signature-… for one that does not hold */
  async function verifiedSignature(call: Call, host: string): Promise<string | null> {
    const { rawHeaders } = call.request;
    try {
      const message = { method: call.method, targetUri: targetUri(call), rawHeaders, body: call.bytes };
      return (await telemetry.verify(host, () => verifier.verify(message, host, keys))).signature;
    } catch (error) {
      if (error instanceof OcmError && error.code === "signature-missing") return null;
      throw error;
    }
  }

  function count(sender: string): void {
    if (!admit(sender)) throw new OcmError("too-many-requests", { retryAfter: 10 });
  }

  async function mustSign(host: string, requestId: string): Promise<boolean> {
    const policy = trust.signaturesOf(host);
    return policy === "if-peer-signs" ? signs(host, requestId) : policy === "required";
  }

  async function signs(host: string, requestId: string): Promise<boolean> {
    try {
      return has(await peers.discover(host, { requestId, stranger: true }), "http-sig");
    } catch (error) {
      // A host that cannot be asked may be one that signs. Why it cannot is for the log, not for the sender.
      if (error instanceof PeerFailure) throw new OcmError("signature-key-unavailable", { cause: error });
      throw error;
    }
  }
}
