/** How much a requirement binds: what breaks a `must` fails a check, what breaks a `should` is a warning. */
export type Level = "must" | "should";

export interface Requirement {
  level: Level;
  /** What a server has to do, in plain words. */
  sentence: string;
}

const must = (sentence: string): Requirement => ({ level: "must", sentence });
const should = (sentence: string): Requirement => ({ level: "should", sentence });

/**
 * What the checks look at. The identifiers are those of the project's list of the key words of draft-ietf-ocm-open-cloud-mesh-05; what
 * the draft only implies counts as a `must` where the protocol does not work without it. `YAML` stands for the OpenAPI description of the
 * API, and `GOOD` for what no text says and every server that is open to strangers needs.
 */
export const REQUIREMENTS = {
  "TERM-03": must("Discovery is answered at /.well-known/ocm on exactly the host and port of its OCM Addresses."),
  "DISC-11": must("Discovery is a JSON object."),
  "DISC-14": must("“enabled” is there and is true or false."),
  "DISC-15": must("“apiVersion” is there and is a text such as 1.4.0."),
  "DISC-16": must("“endPoint” is there and is an absolute URL."),
  "DISC-17": must("“provider”, where it is there, is a text."),
  "DISC-18": must("“resourceTypes” is there and is an array."),
  "DISC-19": must("Each resource type is an object with “name”, “shareTypes” and “protocols”."),
  "DISC-20": must("At least one resource type is offered."),
  "DISC-21": must("No two resource types have the same name."),
  "DISC-22": must("“shareTypes” of each resource type contains “user”."),
  "DISC-23": must("A server that offers files supports WebDAV for them."),
  "DISC-25": should("“webdav” is a path from the root of the server on."),
  "DISC-26": must("“webdav-receive.uri” is “absolute” or “relative”."),
  "DISC-29": must("“webapp-receive.targets” has no other values than “blank” and “iframe”."),
  "DISC-30": must("“ssh” is a text with host and port."),
  "DISC-34": must("“capabilities”, where it is there, is an array of texts."),
  "DISC-35": must("Every server accepts Share Creation Notifications."),
  "DISC-37": must("“criteria”, where it is there, is an array of texts."),
  "DISC-38": should("A server demands TLS for its API."),
  "DISC-40": must("A server with the criterion must-use-http-sig refuses requests without a signature."),
  "DISC-42": must("A server with the criterion must-exchange-token has the capability exchange-token."),
  "DISC-46": must("“inviteAcceptDialog”, where it is there, is a path or an absolute URL."),
  "DISC-47": should("A server with the capability invites names its “inviteAcceptDialog”."),
  "DISC-50": must("A server with the capability exchange-token names its “tokenEndPoint”, an absolute URL."),
  "INV-21": should("The answer to an acceptance is JSON and says so."),
  "INV-22": must("The answer to an acceptance has “userID”, “email” and “name”, all texts."),
  "INV-25": must("A good acceptance of an invite is answered with 200."),
  "INV-26": must("An invite token that nobody has made is answered with 400."),
  "INV-34": must(
    "The acceptance of an invite arrives at the server that made it, and is signed where that is demanded.",
  ),
  "SHARE-01": must("A share is announced by a POST to {endPoint}/shares of the receiving server."),
  "SHARE-04": should("A Share Creation Notification is signed."),
  "SHARE-14": must("A Share Creation Notification without one of its required fields is refused."),
  "SHARE-37": should("The answer to a Share Creation Notification is JSON and says so."),
  "SHARE-38": must("A good Share Creation Notification is answered with 201."),
  "SHARE-39": must("The body of the answer 201 is a JSON object."),
  "SHARE-40": must("The answer 201 has “recipientDisplayName”, a text."),
  "SHARE-42": should("Missing or wrong parameters are answered with 400."),
  "SHARE-43": should("A sender that cannot be authenticated is answered with 401 or 403."),
  "NOTIF-02": must("Notifications about a share are accepted at {endPoint}/notifications."),
  "PROV-02": should("Every server is able to receive notifications."),
  "ACC-12": must(
    "The sending server opens the resource to whoever shows the token or the secret as a Bearer credential.",
  ),
  "TOK-03": must("A token request without a signature is refused."),
  "TOK-07": must("A good token request is answered with 200 and a JSON object with “access_token” and “token_type”."),
  "TOK-11": must("A bad token request is answered with 400 and a JSON object with an OAuth “error”."),
  "TOK-12": must("“error” is one of the codes that the draft names."),
  "SEC-02": should("Requests that are not signed are not taken from a server that signs."),
  "SEC-04": must("The token endpoint uses HTTPS."),
  "SIG-01": must("A server with the capability http-sig serves its public keys as a JWK Set."),
  "SIG-04": must("A signature that does not cover the digest of the body is refused."),
  "SIG-05": must("A signature that was made long ago, or in the future, is refused."),
  "SIG-06": must("A body that does not fit its Content-Digest is refused."),
  "SIG-09": must("Published keys are public ones of asymmetric algorithms."),
  "SIG-15": must("The key that signs is one that the sender's server publishes, and the sender is of that server."),
  "D-08": should("The keys are both at “jwksUri” of discovery (later texts) and at /.well-known/jwks.json (-05)."),
  "YAML-01": should("An answer 400 names the fields that are wrong in “validationErrors”."),
  "YAML-02": should("A share for nobody is answered with 400."),
  "GOOD-01": must(
    "What a stranger sends is never answered with 5xx: the server broke, or says that it is to be sent again.",
  ),
  "GOOD-02": must("No answer shows a stack trace or a path inside the server."),
  "GOOD-03": must("Every request is answered, or cut, in time."),
  "GOOD-04": should("A share that arrives twice, as the answer was lost, is answered with 201 both times."),
  "GOOD-05": must("Fields that a server does not know are ignored."),
  "GOOD-06": should("A body of many megabytes is refused."),
  "GOOD-07": should("A body that does not say that it is JSON is refused."),
  "GOOD-08": should("A notification about a share that does not exist is answered with 400."),
  "GOOD-09": should("The document says that it is JSON."),
  "GOOD-10": should("What our own doctor command measures is in order."),
  "GOOD-11": must("A share for nobody is refused."),
} as const satisfies Record<string, Requirement>;

export type RequirementId = keyof typeof REQUIREMENTS;
