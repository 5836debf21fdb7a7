import mime from "mime";

const UNKNOWN = "application/octet-stream";

/** The media type that a file name suggests; application/octet-stream where it suggests none. */
export function mediaType(name: string): string {
  return ofExtension(extensionOf(name));
}

/** The same, for many names of one answer: most files of a folder are of a few types, so each ending is looked up once. */
export function mediaTypes(): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const extension = extensionOf(name);
    let type = known.get(extension);
    if (type === undefined) {
      type = ofExtension(extension);
      if (known.size < MOST) known.set(extension, type);
    }
    return type;
  };
}

const MOST = 100;

function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot === -1 ? "" : name.slice(dot);
}

function ofExtension(extension: string): string {
  return extension === "" ? UNKNOWN : (mime.getType(extension) ?? UNKNOWN);
}
