import { setTimeout as delay } from "node:timers/promises";
import { caller } from "../http.ts";
import type { Role } from "../roles.ts";
import { type DemoFile, demoFiles, sha256 } from "./demo-files.ts";
import { discovered } from "./discovered.ts";
import { beginDownload, restOf } from "./download.ts";
import { refusedTo } from "./refused.ts";
import { eventually, must, type Step } from "./steps.ts";
import { readTree } from "./tree.ts";

const FOLDER = "Shared by the walk";
const LARGE = "large.bin";
const ANSWER = "Answer from the receiver.txt";

/** Who takes part: a person who shares, one who receives, and others who must notice nothing. */
export interface WalkCast {
  sender: Role;
  receiver: Role;
  others: Role[];
}

/**
 * One share through the whole protocol, driven over HTTP alone: the user API, the servers' own file routes and, as a
 * stranger, the protocol's endpoints. What an earlier walk left behind is removed first, so it can be walked again.
 *
 * @param seed what the demo files are made from
 * @throws StepFailed at the first step that does not end as it must
 */
export async function walk(step: Step, { sender, receiver, others }: WalkCast, seed: string): Promise<void> {
  const everybody = [sender, receiver, ...others];
  const senderHost = new URL(sender.server.origin).host;
  const receiverHost = new URL(receiver.server.origin).host;

  const davPath = await step("discovery", async (say) => {
    const found = await Promise.all(everybody.map((role) => discovered(role.server)));
    say(`${found.map(({ provider, apiVersion }) => `${provider} ${apiVersion}`).join(", ")}, each with its keys`);
    return found[0]?.webdav ?? "";
  });

  await step("accounts", async (say) => {
    for (const role of everybody) {
      const address = await role.ownAddress();
      must(address === role.address, `${role.server.name} calls ${role.username} ${address}.`);
    }
    say(everybody.map((role) => role.address).join(", "));
    await forget(sender, receiver.address);
    await forget(receiver, sender.address);
  });

  const { invite } = await step("invite created", async (say) => {
    const made = await sender.createInvite("Let us share files.");
    say(`${sender.username} gets ${made.invite.slice(0, 24)}…`);
    return made;
  });

  await step("invite accepted", async (say) => {
    const contact = await receiver.acceptInvite(invite);
    await eventually("the inviting server's answer", async () => {
      const { status } = (await receiver.contacts()).find(({ id }) => id === contact.id) ?? contact;
      must(status !== "failed", "The inviting server refused the invite.");
      return status === "active" ? true : undefined;
    });
    say(`by ${receiver.username} on ${receiver.server.name}`);
  });

  await step("contacts on both sides", async (say) => {
    await eventually(`${receiver.address} among ${sender.username}'s contacts`, () => active(sender, receiver.address));
    await eventually(`${sender.address} among ${receiver.username}'s contacts`, () => active(receiver, sender.address));
    say(`${sender.address} and ${receiver.address} know each other`);
  });

  const originals = await step("demo files made", async (say) => {
    await sender.removeFile(`/${FOLDER}`);
    const files = demoFiles(seed);
    const hashes = await putAll(sender, files);
    say(`${files.length} files, ${megabytes(files.reduce((sum, file) => sum + file.size, 0))}`);
    return hashes;
  });

  const { sent, before } = await step("share created", async (say) => {
    const earlier = await knownShares(everybody);
    const made = await sender.share(`/${FOLDER}`, receiver.address, ["read", "write"]);
    await eventually("the receiving server's answer", async () => {
      const { status, reason } = await sender.sent(made.id);
      must(status !== "rejected", `It was rejected: ${reason?.message}`);
      return status === "pending" ? true : undefined;
    });
    say(`${sender.username} shares “${FOLDER}” with ${receiver.address}`);
    return { sent: made, before: earlier };
  });

  const share = await step("share received", async (say) => {
    const found = await eventually("the share", async () =>
      (await receiver.received()).find(({ id }) => !before.has(id)),
    );
    must(found.status === "pending", `It is ${found.status}.`);
    must(found.sender === sender.address, `It says that it comes from ${found.sender}.`);
    say(`it waits for ${receiver.username}, from ${found.sender}`);
    return found;
  });

  await step("share accepted", async (say) => {
    const accepted = await receiver.accept(share.id);
    must(accepted.status === "accepted", `It is ${accepted.status}.`);
    say(`by ${receiver.username}`);
  });

  await step("notification to the sender", async (say) => {
    await eventually("SHARE_ACCEPTED", async () =>
      (await sender.sent(sent.id)).status === "accepted" ? true : undefined,
    );
    await delivered(receiver, share.id, "notification SHARE_ACCEPTED");
    say(`SHARE_ACCEPTED: ${sender.username} sees that ${receiver.username} accepted`);
  });

  await step("token exchanged", async (say) => {
    await receiver.list(share.id, "");
    const issued = await eventually("a token for this share", async () =>
      (await sender.events()).find(({ name, record }) => name === "token-issued" && record === sent.id),
    );
    must(issued.peer === receiverHost, `The token went to ${issued.peer}.`);
    must((await sender.sent(sent.id)).strict, "The share can be opened without a token.");
    must((await receiver.receivedShare(share.id)).access === "ok", "The receiver has no access.");
    say(`${senderHost} gave ${receiverHost} a token for the code; nothing else opens the share`);
  });

  const tree = await step("listed over WebDAV", async (say) => {
    const files = await readTree(receiver, share.id);
    const missing = [...originals.keys()].filter((path) => !files.some((file) => file.path === path));
    must(missing.length === 0, `Missing: ${missing.join(", ")}`);
    must(files.length === originals.size, `There are ${files.length} files, not ${originals.size}.`);
    for (const { path, size } of files) {
      must(size === originals.get(path)?.size, `${path} has ${size} bytes.`);
    }
    say(`${files.length} files, each name and size as the sender has it`);
    return files;
  });

  await step("read and compared", async (say) => {
    for (const { path } of tree) {
      const hash = await sha256(await receiver.read(share.id, path));
      must(hash === originals.get(path)?.hash, `${path} is not what was shared: ${hash}`);
    }
    say(`SHA-256 of ${tree.length} files is the same on both sides`);
  });

  await step("written back", async (say) => {
    const content = Buffer.from(`Thank you, ${sender.username}. ${"✓".repeat(1000)}\n`);
    await receiver.write(share.id, ANSWER, content);
    const arrived = await sha256(await sender.getFile(`/${FOLDER}/${ANSWER}`));
    must(arrived === (await sha256([content])), "The sender has other bytes than were written.");
    say(`${receiver.username} wrote “${ANSWER}”, ${sender.username} has the same SHA-256`);
  });

  await step("closed to strangers", async (say) => {
    const dav = `${davPath}${sent.id}/`;
    const stranger = caller(sender.server.origin);
    await refusedTo("read without a token", [401], () => stranger.send("GET", dav));
    const forged = { headers: { authorization: "Bearer ocm_forged" } };
    await refusedTo("read with a forged token", [401], () => stranger.send("GET", dav, forged));
    for (const other of others) {
      must(
        (await other.received()).every(({ id }) => before.has(id)),
        `${other.address} was given something.`,
      );
      await refusedTo(`${other.username} reading it`, [404], () => other.read(share.id, ANSWER));
    }
    say("no token, a forged token, other people: refused");
  });

  const download = await step("unshared", async (say) => {
    const begun = await beginDownload(receiver, share.id, LARGE);
    const { status } = await sender.unshare(sent.id);
    must(status === "revoked", `It is ${status}.`);
    say(`by ${sender.username}, while ${receiver.username} downloads ${LARGE}`);
    return begun;
  });

  await step("notification to the receiver", async (say) => {
    await eventually("SHARE_UNSHARED", async () => {
      const { status, endedBy } = await receiver.receivedShare(share.id);
      return status === "ended" && endedBy === "owner" ? true : undefined;
    });
    await delivered(sender, sent.id, "notification SHARE_UNSHARED");
    say(`SHARE_UNSHARED: ${receiver.username} sees that the owner ended it`);
  });

  await step("access refused afterwards", async (say) => {
    await refusedTo("listing", [403, 404, 409, 410], () => receiver.list(share.id, ""));
    await refusedTo("reading", [403, 404, 409, 410], () => receiver.read(share.id, ANSWER));
    await refusedTo("writing", [403, 404, 409, 410], () => receiver.write(share.id, ANSWER, Buffer.from("late")));
    const kept = await sha256(await sender.getFile(`/${FOLDER}/${ANSWER}`));
    must(kept !== (await sha256([Buffer.from("late")])), "The late write arrived.");
    say("listing, reading and writing are refused");
  });

  await step("running download cut", async (say) => {
    // The sender's server looks again every second whether a share still stands that something is read from.
    await delay(1500);
    const got = await restOf(download);
    must(got < (originals.get(LARGE)?.size ?? 0), `${LARGE} came whole, although the share had ended.`);
    say(`${LARGE} ended after ${megabytes(got)}`);
  });
}

async function forget(role: Role, address: string): Promise<void> {
  for (const contact of await role.contacts()) {
    if (contact.address === address) {
      await role.removeContact(contact.id);
    }
  }
}

/** Every share that one of these people was given so far. */
async function knownShares(roles: Role[]): Promise<Set<string>> {
  const lists = await Promise.all(roles.map((role) => role.received()));
  return new Set(lists.flat().map(({ id }) => id));
}

async function active(role: Role, address: string): Promise<true | undefined> {
  const known = (await role.contacts()).some((contact) => contact.address === address && contact.status === "active");
  return known || undefined;
}

async function delivered(by: Role, record: string, name: string): Promise<void> {
  await eventually(`the acknowledgement of ${name}`, async () =>
    (await by.events()).find(
      (event) => event.record === record && event.name === name && event.outcome === "acknowledged",
    ),
  );
}

async function putAll(role: Role, files: DemoFile[]): Promise<Map<string, { hash: string; size: number }>> {
  const hashes = new Map<string, { hash: string; size: number }>();
  for (const file of files) {
    await role.putFile(`/${FOLDER}/${file.path}`, file.open());
    hashes.set(file.path, { hash: await sha256(file.open()), size: file.size });
  }
  return hashes;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
