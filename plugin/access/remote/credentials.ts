import { createLru } from "../../peers/lru.ts";
import type { Sealer } from "../../ports/crypto.ts";
import type { Logger } from "../../ports/log.ts";
import type { PeerClient } from "../../ports/peer-client.ts";
import type { IncomingShare } from "../../ports/records.ts";
import type { System } from "../../ports/system.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { receiverFlow } from "../../protocol/code-flow.ts";
import { OcmError } from "../../protocol/errors.ts";
import type { PeerProfile } from "../../protocol/profile.ts";
import { exchangeToken } from "./token-exchange.ts";

export type CredentialKind = "token" | "bearer" | "basic";

/** One way to authenticate for a share. */
export interface Credential {
  kind: CredentialKind;
  /** Value of the Authorization header. */
  header: string;
}

export interface CredentialDeps {
  peers: Pick<PeerClient, "post" | "discover">;
  sealer: Pick<Sealer, "open">;
  system: Pick<System, "now" | "sleep">;
  logger: Logger;
  telemetry: Pick<Telemetry, "exchange">;
  /** Canonical host of this server. */
  ownHost: string;
}

/** The credentials for received shares. Tokens, and what was found to work, are kept in memory only, for a bounded number of shares. */
export interface Credentials {
  /**
   * What to try for a share, best first; the next one is asked for when the one before has been refused. A strict share has its
   * token, a renewed one after a refusal, and nothing else. Any other falls back to the secret, as Bearer and then once as Basic (draft
   * section 9 steps 3.1 and 4, G-35); the deprecated form has Basic alone (step 5).
   * @throws AccessRefused, OcmError, PeerFailure when a strict share gets no token
   */
  candidates(share: IncomingShare, profile: PeerProfile, requestId: string): AsyncGenerator<Credential, void, void>;
  /** The server took it and answered in earnest: it will be the first for this share for a while. */
  worked(share: IncomingShare, credential: Credential): void;
  /** The server answered with 401. */
  refused(share: IncomingShare, credential: Credential): void;
  /** Has a credential of this share been taken within the last minute? */
  isProven(share: IncomingShare): boolean;
}

/** Shares whose tokens and habits are remembered. */
const REMEMBERED = 10_000;
/** How long a secret is tried first after it has worked where a token did not, and how long a success counts as fresh. Milliseconds. */
const HABIT = 600_000;
const PROVEN = 60_000;
/** A token is renewed when a fifth of its life is left, at most this long before its end. Milliseconds. */
const EARLY = 30_000;
/** The longest life that a token is believed to have. Milliseconds. */
const LONGEST = 86_400_000;

interface HeldToken {
  header: string;
  renewAt: number;
}

/** Creates the credentials of one server. */
export function createCredentials(deps: CredentialDeps): Credentials {
  const tokens = createLru<HeldToken>({ maxEntries: REMEMBERED });
  const pending = new Map<string, Promise<HeldToken>>();
  const habits = createLru<{ kind: CredentialKind; at: number }>({ maxEntries: REMEMBERED });

  async function exchange(share: IncomingShare, requestId: string): Promise<HeldToken> {
    const { peers, system, ownHost } = deps;
    const request = { peers, system, host: share.senderHost, ownHost, code: secretOf(share), requestId };
    const { accessToken, expiresIn } = await deps.telemetry.exchange(share.senderHost, () => exchangeToken(request));
    const lifetime = Math.min(expiresIn * 1_000, LONGEST);
    const renewAt = deps.system.now() + lifetime - Math.min(lifetime / 5, EARLY);
    const token = { header: `Bearer ${accessToken}`, renewAt };
    tokens.set(share.id, token);
    return token;
  }

  /** One exchange at a time for each share, whoever waits for it. */
  function newToken(share: IncomingShare, requestId: string): Promise<HeldToken> {
    const running = pending.get(share.id);
    if (running !== undefined) return running;
    const started = exchange(share, requestId).finally(() => pending.delete(share.id));
    pending.set(share.id, started);
    return started;
  }

  function heldToken(share: IncomingShare): HeldToken | undefined {
    const token = tokens.get(share.id);
    return token !== undefined && deps.system.now() < token.renewAt ? token : undefined;
  }

  async function* tokenCandidates(share: IncomingShare, requestId: string): AsyncGenerator<Credential, void, void> {
    const held = heldToken(share);
    if (held !== undefined) yield { kind: "token", header: held.header };
    // Another request may have renewed it in the meantime.
    const { header } = heldToken(share) ?? (await newToken(share, requestId));
    yield { kind: "token", header };
  }

  function habitOf(share: IncomingShare): CredentialKind | undefined {
    const habit = habits.get(share.id);
    return habit !== undefined && deps.system.now() - habit.at < HABIT ? habit.kind : undefined;
  }

  function secretOf(share: IncomingShare): string {
    return deps.sealer.open(share.secret, "received-secret");
  }

  return {
    async *candidates(share, profile, requestId) {
      const flow = receiverFlow(share.requirements, { exchangeToken: true }, profile);
      if (typeof flow === "object") throw new OcmError(flow.code, { message: flow.reason });
      const habit = habitOf(share);
      if (flow === "exchange") {
        yield* tokenCandidates(share, requestId);
        return;
      }
      if (flow === "try-exchange" && (habit === undefined || habit === "token")) {
        try {
          yield* tokenCandidates(share, requestId);
        } catch (error) {
          deps.logger.debug({ err: error, share: share.id }, "the token exchange failed");
        }
        deps.logger.warn(
          { share: share.id, peer: share.senderHost },
          "no token opens the share: falling back to its secret",
        );
      }
      const secret = secretOf(share);
      const bearer: Credential = { kind: "bearer", header: `Bearer ${secret}` };
      const basic: Credential = { kind: "basic", header: `Basic ${Buffer.from(`${secret}:`).toString("base64")}` };
      if (share.form === "options") yield basic;
      else yield* habit === "basic" ? [basic, bearer] : [bearer, basic];
    },
    worked(share, { kind }) {
      habits.set(share.id, { kind, at: deps.system.now() });
    },
    refused(share, { header }) {
      habits.delete(share.id);
      if (tokens.get(share.id)?.header === header) tokens.delete(share.id);
    },
    isProven(share) {
      const habit = habits.get(share.id);
      return habit !== undefined && deps.system.now() - habit.at < PROVEN;
    },
  };
}
