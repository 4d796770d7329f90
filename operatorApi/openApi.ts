import { z } from 'zod';
import type { LowtideErrorCode } from '../domain/lowtideError';
import { ERROR_STATUS } from './problem';
import type { OperatorRoute } from './route';
import type { Answer, RouteDescription } from './routeDescription';
import { Problem, shapeNames } from './shapes/shared';

type Json = Readonly<Record<string, unknown>>;

/** Any route that needs a role may answer these, too. */
const ERRORS_OF_THE_GUARD: readonly LowtideErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'IDENTITY_UNAVAILABLE',
];

/** Any route may answer these. */
const ERRORS_OF_ALL: readonly LowtideErrorCode[] = [
  'REQUEST_INVALID',
  'STORAGE_UNAVAILABLE',
  'INTERNAL_ERROR',
];

/** The OpenAPI 3.1 document of the operator's API, made from what its routes say of themselves. */
export function openApiOf(routes: readonly OperatorRoute[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const { description } = route;
    if (description === undefined) continue;
    const path = (paths[`/${route.route}`] ??= {});
    for (const method of route.methods) path[method.toLowerCase()] = operationOf(route, description);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Lowtide, the operator’s API',
      version: '0.1.0',
      description:
        'Availability-first monthly patching of VM fleets. Instants are ISO 8601 in UTC. An unknown query parameter is an error.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A token of Entra ID with the app role that the route names; a reader’s routes are an operator’s and an approver’s, too. None is asked for on loopback with LOWTIDE_AUTH=none.',
        },
      },
    },
  };
}

function operationOf(
  route: OperatorRoute,
  { summary, body, headers = {}, answers, errors = [] }: RouteDescription,
): Json {
  const parameters = [
    ...pathParameters(route.route),
    ...queryParameters(route),
    ...headerParameters(headers),
  ];
  return {
    operationId: route.name,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        description: body.about,
        content: Object.fromEntries(
          (body.contentTypes ?? ['application/json']).map((type) => [
            type,
            body.schema === undefined ? {} : { schema: schemaOf(body.schema, 'input') },
          ]),
        ),
      },
    }),
    responses: {
      ...answersOf(answers),
      ...errorsOf([...ERRORS_OF_ALL, ...(route.role === null ? [] : ERRORS_OF_THE_GUARD), ...errors]),
    },
    security: route.role === null ? [] : [{ bearer: [route.role] }, {}],
  };
}

function pathParameters(route: string): Json[] {
  return [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: OperatorRoute): Json[] {
  return Object.entries(query).map(([name, { about, schema, isRequired = false }]) => ({
    name,
    in: 'query',
    description: about,
    required: isRequired,
    schema: schemaOf(schema, 'output'),
  }));
}

function headerParameters(headers: Readonly<Record<string, string>>): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    required: false,
    schema: { type: 'string' },
  }));
}

function answersOf(answers: Readonly<Record<number, Answer>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { about, schema, contentType = 'application/json', orCsv }]) => [
      status,
      {
        description: about,
        content: {
          [contentType]: schema === undefined ? {} : { schema: schemaOf(schema, 'output') },
          ...(orCsv && { 'text/csv': { schema: { type: 'string' } } }),
        },
      },
    ]),
  );
}

/** By status, each with the codes that it may carry. */
function errorsOf(codes: readonly LowtideErrorCode[]): Record<string, Json> {
  const byStatus = new Map<number, Set<string>>();
  for (const code of codes) {
    const status = ERROR_STATUS[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      {
        description: [...names].join(', '),
        content: { 'application/problem+json': { schema: schemaOf(Problem, 'output') } },
      },
    ]),
  );
}

const refTo = (id: string): string => `#/components/schemas/${id}`;

function namedSchemas(): Json {
  const { schemas } = z.toJSONSchema(shapeNames, { uri: refTo });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutHead(schema)]));
}

/** With references to the named shapes instead of copies of them. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const made = z.toJSONSchema(schema, { metadata: shapeNames, io, unrepresentable: 'any' }) as Json;
  return withoutHead(JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', `"${refTo('')}`)) as Json);
}

/** A schema in a document has the dialect of the document, and definitions stand among its components. */
function withoutHead(schema: unknown): Json {
  const { $schema: _dialect, $id: _id, $defs: _definitions, id: _name, ...rest } = schema as Json;
  return rest;
}
