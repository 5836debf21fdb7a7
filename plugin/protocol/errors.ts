/**
 * Every failure that this server answers with. One table: the code is stable and documented, the status goes on the wire, the
 * sentence is for a person, `next` says what that person can do. `docs/errors.md` is printed from it.
 */
const TABLE = {
  // The request as such
  "not-json": [400, "The body is not JSON.", "Send one JSON object, encoded as UTF-8."],
  "duplicate-key": [400, "The JSON body names a key twice in one object.", "Send each key once."],
  "too-deep": [400, "The JSON body is nested deeper than 32 levels.", "Send a flatter object."],
  "invalid-fields": [400, "Some fields are missing or not valid.", "See validationErrors: it lists all of them."],
  "unsupported-media-type": [
    415,
    "The Content-Type is not supported here.",
    "Use the media type that the endpoint documents.",
  ],
  "length-required": [411, "Content-Length is missing.", "Send Content-Length; chunked bodies are not accepted here."],
  "too-large": [413, "The body is too large.", "Messages may have 64 KiB; for a file, ask its owner."],
  "bad-request": [400, "The request cannot be understood.", "Check the request against the documentation."],
  "body-consumed": [
    500,
    "A body parser read the request before the OCM plugin, so its digest cannot be checked.",
    "Mount the OCM middleware before the body parser.",
  ],
  "not-found": [404, "There is nothing at this address.", "Check the address."],
  "method-not-allowed": [405, "This method is not supported here.", "The Allow header lists those that are."],
  "not-supported": [501, "This server does not support that.", "Check its discovery document."],
  "too-many-requests": [429, "Too many requests.", "Wait as long as Retry-After says."],
  unavailable: [503, "The server cannot answer at the moment.", "Try again after Retry-After."],
  internal: [500, "Something went wrong on this server.", "Tell the operator the requestId."],
  // Signatures
  "signature-missing": [401, "The request carries no OCM signature.", 'Sign it as RFC 9421 says, with tag="ocm".'],
  "signature-several": [401, "The request carries more than one OCM signature.", "Send exactly one."],
  "signature-malformed": [
    401,
    "The signature headers cannot be read.",
    "Check Signature and Signature-Input (RFC 9421).",
  ],
  "signature-components": [
    401,
    "The signature does not cover what it must.",
    "Cover @method, @target-uri, content-digest, content-length and date, with created and keyid.",
  ],
  "signature-stale": [
    401,
    "The signature is too old.",
    "Check the clock of the signing server; sign each attempt anew.",
  ],
  "signature-future": [401, "The signature was made in the future.", "Check the clocks of both servers."],
  "signature-digest": [
    401,
    "Content-Digest does not match the body.",
    "A proxy may have changed the body, or the digest is of another one.",
  ],
  "signature-algorithm": [401, "The signature algorithm is not accepted.", "Use Ed25519, ECDSA P-256 or ECDSA P-384."],
  "signature-key-unknown": [
    401,
    "The signing host publishes no key with this keyid.",
    "Publish it in the JWK Set and use its kid as keyid.",
  ],
  "signature-key-unavailable": [
    401,
    "The keys of the signing host cannot be fetched.",
    "Check that its discovery and JWK Set can be reached from here.",
  ],
  "signature-host": [
    401,
    "The signature is of another host than the message speaks for.",
    "Sign with a key of the host in the message.",
  ],
  "signature-target": [
    401,
    "The signature is not valid for this address.",
    "The signer used another @target-uri; a proxy may have changed scheme, host or path.",
  ],
  "signature-invalid": [
    401,
    "The signature is not valid.",
    "Sign the message as it is sent, with the key that keyid names.",
  ],
  // Who may do what
  unauthenticated: [401, "Log in first.", "Log in, or send credentials."],
  "forgery-check": [
    403,
    "The request lacks the token against forged requests.",
    "Send the token that the session was given.",
  ],
  forbidden: [403, "This is not allowed.", "Ask the owner or the operator."],
  "peer-not-allowed": [403, "This server does not federate with that one.", "The operator can allow it."],
  "sender-not-trusted": [403, "The sender is not a contact of the recipient.", "Exchange an invite first."],
  "owner-host": [
    403,
    "The owner is not an account of the sending server.",
    "A share must come from the server of its owner.",
  ],
  // Shares
  "recipient-unknown": [400, "There is no such recipient here.", "Check the OCM Address."],
  "share-type-unsupported": [501, "This share type is not supported.", "Share with a user."],
  "resource-type-unsupported": [501, "This resource type is not supported.", "Share a file or a folder."],
  "protocol-unsupported": [
    501,
    "None of the offered protocols can be used here.",
    "Offer webdav with requirements that this server meets.",
  ],
  "requirement-missing": [
    400,
    "A share to this server has to require must-exchange-token.",
    "Add it to the requirements of every protocol.",
  ],
  "share-conflict": [
    400,
    "There is already another share with this providerId.",
    "Use a new providerId for each share.",
  ],
  "share-unknown": [400, "There is no such share.", "Check the providerId."],
  "share-ended": [409, "The share has ended.", "Ask for a new one."],
  "share-not-pending": [409, "The share is not waiting for an answer.", "Look at its status."],
  "share-not-accepted": [409, "The share has not been accepted.", "Accept it first."],
  "notification-unknown": [
    400,
    "This notification type is unknown.",
    "Use SHARE_ACCEPTED, SHARE_DECLINED or SHARE_UNSHARED.",
  ],
  "notification-unsupported": [501, "This notification type is not supported.", "Use a new share instead."],
  // Invites and contacts
  "invite-unknown": [400, "The invite is unknown, expired or withdrawn.", "Ask for a new invite."],
  "invite-malformed": [400, "This is not an invite.", "Paste the whole invite, as it was sent to you."],
  "invite-own": [400, "This invite was made on this server.", "Send it to somebody on another server."],
  "invite-used": [409, "The invite has been accepted before.", "Ask for a new invite."],
  // Resources
  "path-invalid": [
    400,
    "This path is not valid.",
    "Use a path without . and .. segments and without control characters.",
  ],
  "resource-missing": [404, "There is no such file or folder.", "Check the path."],
  "precondition-failed": [
    412,
    "The resource is not in the state that the request expects.",
    "Read it again and retry.",
  ],
  "range-invalid": [416, "The range lies outside the file.", "Ask for a range within its size."],
  locked: [423, "The resource is locked.", "Try again later."],
  "no-space": [507, "There is no space left at the owner.", "Ask the owner to make room."],
  conflict: [409, "The resource is in another state than the request needs.", "Read it again."],
  "second-factor": [403, "The owner asks for a second factor.", "Log in with a second factor."],
  "depth-infinite": [403, "A listing without limit is not given.", "Use Depth 0 or 1."],
  // Peers, as a local user sees them
  "peer-unreachable": [
    502,
    "The other server cannot be reached at the moment.",
    "It is tried again by itself; nothing is lost.",
  ],
  "peer-refused": [502, "The other server refused.", "See the reason; the other server's operator can tell more."],
  "peer-incompatible": [502, "The other server cannot do that.", "See the reason."],
} as const satisfies Record<string, readonly [status: number, message: string, next: string]>;

/** The stable name of a failure. */
export type ErrorCode = keyof typeof TABLE;

/** A failure as the documentation lists it. */
export interface ErrorDefinition {
  code: ErrorCode;
  status: number;
  message: string;
  next: string;
}

/** One field that is wrong: the form of the OpenAPI document's `validationErrors`. */
export interface ValidationError {
  /** Path of the field, such as `protocol.webdav.uri`. */
  name: string;
  message: string;
}

/** Every code with its status, sentence and next step, in the order of the table. */
export function errorDefinitions(): ErrorDefinition[] {
  return (Object.keys(TABLE) as ErrorCode[]).map((code) => {
    const [status, message, next] = TABLE[code];
    return { code, status, message, next };
  });
}

/** What makes a refusal more exact than its code. */
export interface OcmErrorOptions extends ErrorOptions {
  /** Replaces the table's sentence: more exact, still fit for a stranger's eyes. */
  message?: string;
  validationErrors?: ValidationError[];
  /** Seconds, for 429 and 503. */
  retryAfter?: number;
  /** More for the body of the answer, such as the identity in a 409 of an accepted invite. */
  body?: Record<string, string>;
  /** Replaces the table's status, where the same refusal has another form elsewhere (400 at the token endpoint). */
  status?: number;
}

/** A refusal with a stable code. Everything in it but `cause` may be shown to whoever asked. */
export class OcmError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly next: string;
  readonly validationErrors: ValidationError[] | undefined;
  readonly retryAfter: number | undefined;
  readonly body: Record<string, string> | undefined;

  constructor(code: ErrorCode, options: OcmErrorOptions = {}) {
    const [status, message, next] = TABLE[code];
    super(options.message ?? message, options);
    this.name = "OcmError";
    this.code = code;
    this.status = options.status ?? status;
    this.next = next;
    this.validationErrors = options.validationErrors;
    this.retryAfter = options.retryAfter;
    this.body = options.body;
  }
}
