import { z } from 'zod';
import { Utc } from '../../domain/ids';
import { GIVEN_TEXT_MAX } from '../../domain/givenText';
import type { Parameter } from '../routeDescription';

/** Names under which shapes stand in the OpenAPI document. */
export const shapeNames = z.registry<{ readonly id: string; readonly description?: string }>();

/** Gives a shape a name of its own in the OpenAPI document. */
export function named<S extends z.ZodType>(id: string, schema: S, description?: string): S {
  shapeNames.add(schema, { id, ...(description !== undefined && { description }) });
  return schema;
}

/** RFC 9457, as `problemOf` answers it. */
export const Problem = named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    /** The two parts of `detail`. */
    why: z.string(),
    fix: z.string(),
  }),
  'What went wrong (title), why and how to fix it (detail; also separately as why and fix); docs/errors.md has every code.',
);

/** One page of rows; `nextLink` leads to the next, absent after the last. */
export function pageOfShape<S extends z.ZodType>(
  row: S,
): z.ZodObject<{ value: z.ZodArray<S>; nextLink: z.ZodExactOptional<z.ZodString> }> {
  return z.object({ value: z.array(row), nextLink: z.string().exactOptional() });
}

export const AFTER: Parameter = {
  about: 'Where the page begins: as the nextLink of the page before has it.',
  schema: z.string(),
};

export const VM_ID: Parameter = {
  about: 'The full ARM id of a virtual machine, in any case.',
  schema: z.string(),
  isRequired: true,
};

export const Counts = z.record(z.string(), z.number().int());

export const Reason = named(
  'Reason',
  z.strictObject({
    reason: z
      .string()
      .min(1, 'say why: it goes into the audit')
      .max(...GIVEN_TEXT_MAX),
  }),
  'Why a person decides so. It goes into the audit.',
);

export const instantParameter = (about: string): Parameter => ({ about, schema: Utc });
