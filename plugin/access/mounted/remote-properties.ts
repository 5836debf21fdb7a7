import type { RemoteEntry } from "../../api.ts";
import type { HostEntry } from "../../ports/host.ts";
import { mediaType } from "../dav/content/media-type.ts";
import { httpDate } from "../dav/http-date.ts";
import type { Plan } from "../dav/properties/multistatus.ts";
import { escapeXml } from "../xml.ts";

/** What is known of a file or folder of another server. */
export type ToldEntry = Omit<RemoteEntry, "path" | "mediaType"> & Partial<Pick<RemoteEntry, "mediaType">>;

/** An entry in the host's terms, for code that works on those. What was not told has a value that says nothing: 0, or the empty tag. */
interface RemoteHostEntry extends HostEntry {
  told: ToldEntry;
}

/** Puts an entry of another server into the host's terms. */
export function hostEntry(told: ToldEntry): HostEntry {
  const entry: RemoteHostEntry = {
    name: told.name,
    type: told.type,
    size: told.size ?? 0,
    modifiedAt: told.modifiedAt ?? 0,
    etag: /^(?:W\/)?"(.*)"$/.exec(told.etag ?? "")?.[1] ?? told.etag ?? "",
    told,
  };
  return entry;
}

/** By their empty elements, the properties of which the other server knows more than the host's terms can say. Undefined: not here. */
const TOLD: Readonly<Record<string, (told: ToldEntry, otherwise: string) => string | null | undefined>> = {
  "<d:getlastmodified/>": ({ modifiedAt }) => (modifiedAt === null ? null : httpDate(modifiedAt)),
  "<d:getetag/>": ({ etag }) => (etag === null ? null : escapeXml(quoted(etag))),
  "<d:getcontentlength/>": sizeOf,
  "<d:getcontenttype/>": ({ name, mediaType: told }) => escapeXml(told ?? mediaType(name)),
  "<oc:size/>": sizeOf,
  // The owner's server may permit less for one entry than for the share, and never more.
  "<oc:permissions/>": ({ permissions }, ofShare) =>
    permissions?.replace(/./gs, (one) => (isLetter(one, ofShare) ? one : "")),
  "<oc:checksums/>": ({ checksums = [] }) =>
    checksums.length === 0 ? null : `<oc:checksum>${escapeXml(checksums.join(" "))}</oc:checksum>`,
};

/** The plan of a PROPFIND, for entries made by `hostEntry`: what the other server tells is told, and what it does not tell is missing. */
export function tellingWhatIsKnown(plan: Plan): Plan {
  const columns = plan.columns.map((column) => {
    const tell = TOLD[column.empty];
    if (tell === undefined) return column;
    const { ofType: _differs, always: _untold, ...rest } = column;
    const element: Plan["columns"][number]["element"] = (resource, context) => {
      const otherwise = column.element(resource, context);
      const content = isTold(resource.entry) ? tell(resource.entry.told, otherwise ?? "") : undefined;
      if (content === undefined) return otherwise;
      if (content === null) return null;
      const tag = column.empty.slice(1, -2);
      return content === "" || plan.dead === "names" ? column.empty : `<${tag}>${content}</${tag}>`;
    };
    return { ...rest, element };
  });
  return { ...plan, columns };
}

function isLetter(character: string, element: string): boolean {
  return /[A-Z]/.test(character) && element.includes(character);
}

function isTold(entry: HostEntry): entry is RemoteHostEntry {
  return "told" in entry;
}

function sizeOf({ size }: ToldEntry): string | null {
  return size === null ? null : String(size);
}

/** An entity tag as the ETag field has it (RFC 9110 section 8.8.3). */
export function quoted(etag: string): string {
  return /^(W\/)?".*"$/.test(etag) ? etag : `"${etag}"`;
}
