import { describe, expect, it } from "vitest";
import { BadFlags } from "../launcher/words.ts";
import { HELP, readPeerFlags } from "./flags.ts";

const PEER = ["--peer", "https://cloud.example.org"];

describe("the flags of npm run testbed", () => {
  it("have defaults", async () => {
    expect(await readPeerFlags(PEER)).toMatchObject({
      peer: "https://cloud.example.org",
      also: [],
      insecureHttp: false,
      allowPrivateAddresses: false,
      user: null,
      signatures: "required",
      waitMs: 0,
      only: null,
    });
  });

  it("take a name or an OCM Address as the account", async () => {
    expect(await readPeerFlags([...PEER, "--user", "bob"])).toMatchObject({ user: "bob@cloud.example.org" });
    expect(await readPeerFlags([...PEER, "--user", "bob@cloud.example.org"])).toMatchObject({
      user: "bob@cloud.example.org",
    });
    expect(await readPeerFlags([...PEER, "--user", "b@x.org"])).toMatchObject({ user: "b@x.org@cloud.example.org" });
  });

  it("take an address to listen on", async () => {
    expect(await readPeerFlags([...PEER, "--listen", "0.0.0.0:4443"])).toMatchObject({
      listen: { host: "0.0.0.0", port: 4443 },
    });
    expect(await readPeerFlags([...PEER, "--listen", "[::]:4443"])).toMatchObject({
      listen: { host: "::", port: 4443 },
    });
    expect(await readPeerFlags([...PEER, "--listen", "4443"])).toMatchObject({ listen: { port: 4443 } });
  });

  it("are all in the help", async () => {
    const names = [...HELP.matchAll(/--([a-z-]+)/g)].map(([, name]) => name);
    for (const name of ["also", "ca", "cert", "key", "write-ca", "only", "stay", "har", "up-within"])
      expect(names).toContain(name);
  });

  it.each([
    [[], "--peer https://HOST"],
    [["https://x.org"], "did you mean --peer https://x.org?"],
    [["--pear", "https://x.org"], "did you mean --peer?"],
    [["--peer", "x.org"], "needs https://HOST[:PORT]"],
    [["--peer", "https://x.org/path"], "without a path"],
    [["--peer", "https://user:pw@x.org"], "without a path"],
    [["--peer", "ftp://x.org"], "needs https://"],
    [["--peer", "http://x.org"], "--insecure-http"],
    [[...PEER, "--only", "shore"], "did you mean share?"],
    [[...PEER, "--only", "their-share"], "The check their-share needs --wait SECONDS."],
    [[...PEER, "--only", "discovery,their-file", "--wait", "0"], "The check their-file needs --wait SECONDS."],
    [[...PEER, "--only", "accept-invite"], "The check accept-invite needs --invite STRING."],
    [[...PEER, "--only", "unshare"], "The check unshare needs --user NAME."],
    [[...PEER, "--signatures", "never"], "There is no signatures never"],
    [[...PEER, "--wait", "soon"], "whole number of seconds"],
    [[...PEER, "--listen", "99999"], "[HOST:]PORT"],
    [[...PEER, "--as", "http://ours.example"], "only for loopback names"],
    [[...PEER, "--as", "https://ours.example"], "--write-ca FILE"],
    [[...PEER, "--write-ca", "ca.pem"], "--as https://HOST"],
    [[...PEER, "--as", "https://ours.example", "--behind-tls-proxy"], "needs --listen"],
    [[...PEER, "--as", "https://ours.example", "--behind-tls-proxy", "--write-ca", "ca.pem"], "only one"],
    [[...PEER, "--as", "https://cloud.example.org", "--write-ca", "ca.pem"], "ours needs another"],
    [[...PEER, "--ca", "/nowhere/ca.pem"], "cannot be read"],
    [[...PEER, "--ca", new URL(import.meta.url).pathname], "is not in PEM"],
    [[...PEER, "--cert", new URL(import.meta.url).pathname], "is not in PEM"],
    [[...PEER, "--invite", ""], "needs a value"],
    [[...PEER, "--stay=yes"], "takes no value"],
  ])("refuse %j in one line", async (words, part) => {
    const error = await readPeerFlags(words).then(
      () => null,
      (problem: unknown) => problem,
    );
    expect(error).toBeInstanceOf(BadFlags);
    expect(String(error)).toContain(part);
    expect(String(error)).not.toContain("\n");
  });
});
