import { type Post, type Signing, signedPost } from "../bench/generator/signed-post.ts";
import type { PreparedRequest } from "../k6/shared/world.ts";

/** Headers that whoever sends a request adds by itself. */
const ADDED = ["host", "content-length"];

/** A request, signed now with Ed25519, in the form that scripts read. It is good for 300 seconds. */
export async function preparedPost(post: Post, signing: Signing): Promise<PreparedRequest> {
  const [head = ""] = (await signedPost(post, signing)).toString().split("\r\n\r\n");
  const headers = head
    .split("\r\n")
    .slice(1)
    .map((line): [string, string] => {
      const [, name = "", value = ""] = /^([^:]+): (.*)$/.exec(line) ?? [];
      return [name, value];
    })
    .filter(([name]) => !ADDED.includes(name.toLowerCase()));
  return { url: post.url, headers: Object.fromEntries(headers), body: post.body };
}
