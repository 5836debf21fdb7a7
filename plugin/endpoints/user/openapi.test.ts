import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OcmError } from "../../protocol/errors.ts";
import { errorBody as answered } from "../answer.ts";
import { type OpenapiDocument, openapiDocument } from "./openapi.ts";
import { errorBody } from "./schemas.ts";
import { ask, routesOf } from "./user-api.test-helper.ts";

const routes = routesOf();

async function served(): Promise<OpenapiDocument> {
  const reply = await ask(routes, "GET", "/api/openapi.json");
  expect(reply).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  return JSON.parse(String(reply.body));
}

/** The rules of OpenAPI 3.1 for all that the document uses; nothing else may be in it. */
const STRUCTURE = {
  $defs: {
    ref: { properties: { $ref: { pattern: "^#/components/" } }, required: ["$ref"], additionalProperties: false },
    content: {
      type: "object",
      minProperties: 1,
      propertyNames: { pattern: "^[a-z]+/[a-z.+-]+$" },
      additionalProperties: { properties: { schema: { $ref: "#/$defs/ref" } }, additionalProperties: false },
    },
    response: {
      properties: { description: { type: "string", minLength: 1 }, content: { $ref: "#/$defs/content" } },
      required: ["description"],
      additionalProperties: false,
    },
    parameter: {
      properties: {
        name: { type: "string" },
        in: { enum: ["path", "query"] },
        required: { type: "boolean" },
        description: { type: "string" },
        schema: { type: "object" },
      },
      required: ["name", "in", "schema"],
      if: { properties: { in: { const: "path" } } },
      // biome-ignore lint/suspicious/noThenProperty: the key word of JSON Schema
      then: { properties: { required: { const: true } }, required: ["required"] },
      additionalProperties: false,
    },
    operation: {
      properties: {
        operationId: { type: "string", pattern: "^[a-z][A-Za-z]+$" },
        summary: { type: "string" },
        description: { type: "string" },
        parameters: { type: "array", items: { $ref: "#/$defs/parameter" } },
        requestBody: {
          properties: { required: { type: "boolean" }, content: { $ref: "#/$defs/content" } },
          required: ["content"],
          additionalProperties: false,
        },
        responses: {
          type: "object",
          minProperties: 2,
          required: ["default"],
          patternProperties: {
            "^([1-5]\\d\\d|default)$": { anyOf: [{ $ref: "#/$defs/ref" }, { $ref: "#/$defs/response" }] },
          },
          additionalProperties: false,
        },
      },
      required: ["operationId", "summary", "responses"],
      additionalProperties: false,
    },
  },
  properties: {
    openapi: { const: "3.1.0" },
    info: { type: "object", required: ["title", "version"] },
    servers: { type: "array", items: { type: "object", required: ["url"] } },
    security: { type: "array" },
    paths: {
      propertyNames: { pattern: "^/" },
      additionalProperties: {
        propertyNames: { enum: ["get", "put", "post", "delete", "patch", "head"] },
        additionalProperties: { $ref: "#/$defs/operation" },
      },
    },
    components: {
      properties: {
        schemas: { propertyNames: { pattern: "^[A-Za-z0-9._-]+$" }, additionalProperties: { type: "object" } },
        responses: { additionalProperties: { $ref: "#/$defs/response" } },
        securitySchemes: { additionalProperties: { type: "object", required: ["type"] } },
      },
      additionalProperties: false,
    },
  },
  required: ["openapi", "info", "paths", "components"],
  additionalProperties: false,
};

function references(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "$ref" && typeof inner === "string" ? [inner] : references(inner),
  );
}

function ajv(): Ajv2020 {
  const validator = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  addFormats.default(validator);
  return validator;
}

describe("the OpenAPI document", () => {
  it("has the structure of OpenAPI 3.1", async () => {
    const validate = ajv().compile(STRUCTURE);
    const valid = validate(await served());
    expect(validate.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it("documents every route of the user API", async () => {
    const { paths } = await served();
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} /api/v1${path}`),
    );
    const expected = routes
      .filter((route) => route.access.kind === "session")
      .flatMap((route) => {
        const [start = "", end] = route.path.replaceAll(/[:*](\w+)/g, "<$1>").split(/[{}]/);
        return (end === undefined ? [start] : [start, start + end]).map((path) => `${route.method} ${path}`);
      })
      .map((line) => line.replaceAll("<", "{").replaceAll(">", "}"));
    expect(documented.toSorted()).toEqual(expected.toSorted());
    expect(documented.length).toBeGreaterThan(24);
  });

  it("refers only to what it has, and uses all that it has", async () => {
    const document = await served();
    const used = new Set(references(document));
    const { schemas, responses } = document.components;
    const there = [
      ...Object.keys(schemas).map((name) => `#/components/schemas/${name}`),
      ...Object.keys(responses).map((name) => `#/components/responses/${name}`),
    ];
    expect([...used].toSorted()).toEqual(there.toSorted());
  });

  it("has schemas that compile, and that name each other", async () => {
    const document = await served();
    const validator = ajv();
    validator.addKeyword("components");
    validator.addSchema({ $id: "https://a.example/openapi.json", components: document.components });
    for (const name of Object.keys(document.components.schemas)) {
      const $ref = `https://a.example/openapi.json#/components/schemas/${name}`;
      expect(validator.compile({ $ref }), name).toBeTypeOf("function");
    }
    expect(document.components.schemas.SentShare).toMatchObject({
      properties: { deliveries: { items: { $ref: "#/components/schemas/Delivery" } } },
    });
    expect(document.components.schemas.ShareRequest).toMatchObject({ additionalProperties: false });
  });

  it("names each operation once and declares each parameter of its path", async () => {
    const { paths } = await served();
    const ids: string[] = [];
    for (const [path, item] of Object.entries(paths)) {
      for (const operation of Object.values(item)) {
        ids.push(operation.operationId);
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        expect(declared.map(({ name }) => name)).toEqual(named);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("describes errors once, as the error type has them", async () => {
    const { components } = await served();
    expect(Object.keys(components.responses)).toEqual(["Error"]);
    const error = new OcmError("invalid-fields", { validationErrors: [{ name: "a.b", message: "c" }] });
    expect(() => errorBody.strict().parse(answered(error, "request-1"))).not.toThrow();
  });

  it("is refused to a developer who names two schemas alike", () => {
    const one = z.object({ a: z.string() }).meta({ title: "Same" });
    const other = z.object({ b: z.string() }).meta({ title: "Same" });
    const both = routes.slice(0, 2).map((route, i) => ({
      ...route,
      openapi: { operationId: `x${i}`, responses: { 200: { description: "x", schema: i === 0 ? one : other } } },
    }));
    expect(() => openapiDocument(both, { title: "t", version: "1" })).toThrow("Two schemas are named Same.");
  });
});
