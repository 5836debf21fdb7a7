import { request } from "node:http";
import { json } from "node:stream/consumers";
import { type Post, type Signing, signedPost } from "./generator/signed-post.ts";

/** Exchanges a share's secret at the token endpoint of this origin, as its receiver does. @throws Error when it is refused */
export async function accessTokenFor(secret: string, origin: string, signing: Signing): Promise<string> {
  const body = `grant_type=authorization_code&client_id=${encodeURIComponent(signing.host)}&code=${encodeURIComponent(secret)}`;
  const post: Post = { url: `${origin}/ocm/token`, mediaType: "application/x-www-form-urlencoded", body };
  const [head = ""] = (await signedPost(post, signing)).toString().split("\r\n\r\n");
  const headers = head
    .split("\r\n")
    .slice(1)
    .map((line) => line.split(/: (.*)/s).slice(0, 2));
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  request(post.url, { method: "POST", headers: Object.fromEntries(headers) }, (answer) =>
    json(answer).then(resolve, reject),
  )
    .on("error", reject)
    .end(body);
  const { access_token: token } = (await promise) as { access_token?: string };
  if (token === undefined) throw new Error(`There is no access token: ${JSON.stringify(await promise)}`);
  return token;
}
