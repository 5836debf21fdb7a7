import { describe, expect, it } from "vitest";
import { BadFlags } from "../../testbed/launcher/words.ts";
import { SCRIPT_NAMES } from "./catalogue.ts";
import { readOptions } from "./options.ts";

describe("npm run loadtest", () => {
  it("takes one name, and smoke on processes by default", () => {
    expect(readOptions(["token"])).toEqual({
      names: ["token"],
      profile: "smoke",
      target: "processes",
      isOwned: false,
      runner: "auto",
      times: 1,
      slack: 1,
      shorten: 1,
    });
  });

  it("takes all scripts", () => expect(readOptions(["--all"])).toMatchObject({ names: SCRIPT_NAMES }));

  it("knows the names of others", () =>
    expect(readOptions(["propfind-flat-1000-files"])).toMatchObject({ names: ["propfind"], size: 1000 }));

  it.each([
    [["tokn"], "did you mean token?"],
    [["token", "--profile", "smok"], "did you mean smoke?"],
    [["token", "--runner", "k8"], "did you mean k6?"],
    [["token", "--target", "proceses"], "There is no target proceses; did you mean processes? The origin"],
    [["token", "--target", "xyzzy"], "There is no target xyzzy; there are processes, docker, null. The origin"],
    [["token", "--target", "localhost:4700"], "--target takes an origin with its scheme: https://localhost:4700"],
    [["token", "--profil", "smoke"], "did you mean --profile?"],
    [["token", "jwks"], "one name too many"],
    [["token", "--all"], "Name one script"],
    [[], "Name one script"],
    [["token", "--size", "10"], "token has no sizes"],
    [["get", "--size", "0"], "--size needs a number from 1"],
    [["get", "--times", "fast"], "--times needs a number above 0"],
    [["get", "--slack", "-1"], "--slack needs a number above 0"],
    [["get", "--shorten", "2"], "--shorten says nothing to smoke"],
    [["get", "--profile", "load", "--shorten", "0.5"], "--shorten needs a number from 1"],
    [["get", "--profile", "load", "--shorten", "much"], "--shorten needs a number above 0"],
    [["discovery", "--target", "https://cloud.example.org"], "--i-own-this-server"],
    [["discovery", "--target", "http://127.0.0.1.example.org"], "--i-own-this-server"],
    [["discovery", "--target", "http://localhost.example.org:80"], "--i-own-this-server"],
    [["discovery", "--target", "http://localhost:8080/path"], "takes an origin"],
  ])("says what is wrong with %j", (words, sentence) => {
    expect(() => readOptions(words)).toThrow(BadFlags);
    expect(() => readOptions(words)).toThrow(sentence);
  });

  it.each(["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"])("%s is this machine", (target) =>
    expect(readOptions(["discovery", "--target", target])).toMatchObject({ target }),
  );

  it("takes another server from whoever says that it is theirs", () =>
    expect(readOptions(["discovery", "--target", "https://cloud.example.org/", "--i-own-this-server"])).toMatchObject({
      target: "https://cloud.example.org",
    }));
});
