import { z } from "zod";
import type { Route, RouteDocument } from "../route.ts";
import { errorBody } from "./schemas.ts";
import { USER_API } from "./user-route.ts";

type JsonSchema = Record<string, unknown>;
type Reference = { $ref: string };
type Content = Record<string, { schema?: Reference }>;

interface Parameter {
  name: string;
  in: "path" | "query";
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { required: true; content: Content };
  responses: Record<string, { description: string; content?: Content } | Reference>;
}

/** The part of OpenAPI 3.1 that is used here. */
export interface OpenapiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  servers: { url: string; description: string }[];
  security: Record<string, string[]>[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, { description: string; content: Content }>;
    securitySchemes: Record<string, Record<string, string>>;
  };
}

/**
 * Describes the documented routes below `/api/v1` as OpenAPI 3.1. Schemas that have a title become components of that name, the
 * others are named after their operation.
 */
export function openapiDocument(routes: Route[], info: { title: string; version: string }): OpenapiDocument {
  const schemas = new Schemas();
  const error = schemas.reference(errorBody, "Error");
  const paths: OpenapiDocument["paths"] = {};
  for (const route of routes) {
    if (!route.openapi || !route.path.startsWith(`${USER_API}/`)) continue;
    const variants = patterns(route.path.slice(USER_API.length));
    for (const pattern of variants) {
      const suffix = pattern === variants.at(-1) ? "" : "Root";
      const path = pattern.replaceAll(/[:*](\w+)/g, "{$1}");
      paths[path] ??= {};
      paths[path][route.method.toLowerCase()] = operation(route, route.openapi, pattern, suffix, schemas);
    }
  }
  return {
    openapi: "3.1.0",
    info: { ...info, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    // Relative to the address of this document.
    servers: [{ url: "./v1", description: "This server" }],
    security: [{ session: [] }, { basic: [] }],
    paths,
    components: {
      schemas: schemas.components(),
      responses: {
        Error: {
          description: "Any failure: a stable code, a sentence for a person and what that person can do.",
          content: { "application/json": { schema: error } },
        },
      },
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "session",
          description:
            "The host's session. The name of the cookie is the host's own. Requests that change something also carry what the " +
            "host asks for against forged requests, such as the header X-CSRF-Token.",
        },
        basic: { type: "http", scheme: "basic", description: "Where the host accepts it, for clients and scripts." },
      },
    },
  };
}

const DESCRIPTION =
  "What one person can do with Open Cloud Mesh on this server. Times are RFC 3339. Lists are given in pages: repeat the request " +
  "with `after` set to the `next` of the page before, until there is no `next`. Fields that are not known are refused.";

/** A path with an optional end stands for two: without and with it. */
function patterns(path: string): string[] {
  const [start = "", optional] = path.split(/[{}]/);
  return optional === undefined ? [start] : [start, start + optional];
}

function operation(
  route: Route,
  document: RouteDocument,
  pattern: string,
  suffix: string,
  schemas: Schemas,
): Operation {
  const id = `${document.operationId}${suffix}`;
  const result: Operation = { operationId: id, summary: route.summary, responses: {} };
  if (document.description !== undefined) result.description = document.description;
  const parameters = [...pathParameters(pattern), ...(document.query ? queryParameters(document.query) : [])];
  if (parameters.length > 0) result.parameters = parameters;
  if (document.request) {
    const schema = schemas.reference(document.request, `${document.operationId}Request`);
    result.requestBody = { required: true, content: { "application/json": { schema } } };
  } else if (route.body.kind === "stream") {
    result.requestBody = { required: true, content: { "application/octet-stream": {} } };
  }
  for (const [status, { description, schema, mediaType }] of Object.entries(document.responses)) {
    const reference = schema && schemas.reference(schema, `${document.operationId}${status}`);
    const type = mediaType ?? (reference && "application/json");
    const content = type === undefined ? {} : { content: { [type]: reference ? { schema: reference } : {} } };
    result.responses[status] = { description, ...content };
  }
  result.responses.default = { $ref: "#/components/responses/Error" };
  return result;
}

function pathParameters(pattern: string): Parameter[] {
  return [...pattern.matchAll(/([:*])(\w+)/g)].map(([, sign, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...(sign === "*" ? { description: "Segments with / between them, each percent-encoded by itself." } : {}),
    schema: { type: "string" },
  }));
}

function queryParameters(query: z.ZodObject): Parameter[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as JsonSchema;
    const described = typeof description === "string" ? { description } : {};
    return { name, in: "query", required: required.includes(name), ...described, schema };
  });
}

/** Collects schemas under names, each once, and prints them with references between them. */
class Schemas {
  readonly #named = new Map<string, z.core.$ZodType>();

  reference(schema: z.ZodType, fallback: string): Reference {
    z.toJSONSchema(schema, { io: "input", override: ({ zodSchema }) => this.#add(zodSchema) });
    return { $ref: `#/components/schemas/${this.#add(schema, fallback)}` };
  }

  components(): Record<string, JsonSchema> {
    const registry = z.registry<{ id: string }>();
    for (const [id, schema] of this.#named) registry.add(schema, { id });
    const { schemas } = z.toJSONSchema(registry, {
      io: "input",
      uri: (id) => `#/components/schemas/${id}`,
      override: ({ jsonSchema }) => {
        // The format says it; the pattern is four lines of digits.
        if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      },
    });
    return Object.fromEntries(
      Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, ...schema }]) => [id, schema]),
    );
  }

  #add(schema: z.core.$ZodType, fallback?: string): string | undefined {
    const name = z.globalRegistry.get(schema)?.title ?? fallback;
    if (name === undefined) return undefined;
    const other = this.#named.get(name);
    if (other && other !== schema) throw new Error(`Two schemas are named ${name}.`);
    this.#named.set(name, schema);
    return name;
  }
}
