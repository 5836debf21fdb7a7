import mime from "mime";

const UNKNOWN = "application/octet-stream";

/** The media type that a file name suggests; application/octet-stream where it suggests none. */
export function mediaType(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? UNKNOWN : (mime.getType(name.slice(dot)) ?? UNKNOWN);
}
