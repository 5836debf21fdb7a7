import type { RequestListener } from "node:http";
import { closeServers, listen } from "../server/listen.ts";

/** A span as it came over the wire. */
interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  attributes: Record<string, string>;
}

/** A collector of traces by OTLP over HTTP, in protobuf. */
export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  spans: ReceivedSpan[];
  /** What it was sent, by path and media type. */
  asked: string[];
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const asked: string[] = [];
  const take: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
    spans.push(...spansIn(Buffer.concat(chunks)));
    // An empty ExportTraceServiceResponse.
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  };
  const { servers, port } = await listen(0, take);
  return { url: `http://127.0.0.1:${port}`, spans, asked, close: () => closeServers(servers, 0) };
}

/** Reads an ExportTraceServiceRequest of opentelemetry-proto, as far as it is of interest here. */
function spansIn(message: Buffer): ReceivedSpan[] {
  return nested(message, 1).flatMap((resourceSpans) => {
    const service = nested(resourceSpans, 1).map((resource) => attributesIn(resource))[0]?.["service.name"] ?? "";
    return nested(resourceSpans, 2).flatMap((scopeSpans) =>
      nested(scopeSpans, 2).map((span) => ({
        service,
        traceId: nested(span, 1)[0]?.toString("hex") ?? "",
        name: nested(span, 5)[0]?.toString("utf8") ?? "",
        attributes: attributesIn(span, 9),
      })),
    );
  });
}

/** The KeyValues in a field; of their values only strings. */
function attributesIn(message: Buffer, field = 1): Record<string, string> {
  return Object.fromEntries(
    nested(message, field).map((pair) => {
      const [value] = nested(pair, 2);
      const text = value === undefined ? undefined : nested(value, 1)[0]?.toString("utf8");
      return [nested(pair, 1)[0]?.toString("utf8") ?? "", text ?? ""];
    }),
  );
}

/** The contents of all length-delimited fields with this number. @throws RangeError for what is no protobuf */
function nested(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === 0) varint();
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else if (type === 2) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("The message is cut short.");
      if (field === wanted) found.push(message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`There is no wire type ${type}.`);
  }
  return found;
}
