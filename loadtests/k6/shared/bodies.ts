// Read by k6 and by Node: it imports nothing. Bodies are made here once, whoever signs them.

/** So many pending shares of one sender are well below what a server takes. */
const SHARES_PER_SENDER = 80;

/** The body of share number `count` of a run, from a peer to one of `recipients` people. `run` makes it a new one in each run. */
export function shareBody(
  count: number,
  { run, sender, receiver, recipients }: { run: string; sender: string; receiver: string; recipients: number },
): string {
  const from = `sender${Math.floor(count / SHARES_PER_SENDER)}@${sender}`;
  const providerId = `load-${run}-${count}`;
  return JSON.stringify({
    shareWith: `recipient${count % recipients}@${receiver}`,
    name: `Minutes of meeting ${count}.odt`,
    providerId,
    owner: from,
    sender: from,
    ownerDisplayName: "A sender",
    senderDisplayName: "A sender",
    shareType: "user",
    resourceType: "file",
    protocol: {
      name: "multi",
      webdav: {
        uri: providerId,
        sharedSecret: `secret-of-${providerId}-that-nobody-uses`,
        permissions: ["read"],
        requirements: ["must-exchange-token"],
      },
    },
  });
}

/** The form with which a receiver exchanges the secret of a share. */
export function tokenBody(host: string, code: string): string {
  return `grant_type=authorization_code&client_id=${encodeURIComponent(host)}&code=${encodeURIComponent(code)}`;
}

/** The notification that somebody accepted a share. */
export function acceptedBody(providerId: string): string {
  return JSON.stringify({
    notificationType: "SHARE_ACCEPTED",
    resourceType: "file",
    providerId,
    notification: { message: "The share was accepted." },
  });
}

/** What a server says to the one whose invite its user has accepted. */
export function inviteAcceptedBody(token: string, host: string, person: string): string {
  return JSON.stringify({
    recipientProvider: host,
    token,
    userID: person,
    email: `${person}@example.org`,
    name: "A person of a load test",
  });
}
