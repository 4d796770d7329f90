import { z } from 'zod';
import { defaultPolicy, Policy } from '../domain/policy';
import { POLICY_ABOUT } from './policyAbout';
import { NEXT_WINDOW, POLICY_MEMBERS, touchesOf, writtenValue, type PolicyKey } from './policyMembers';

type Schema = Readonly<Record<string, unknown>>;

/** The JSON Schema of a policy file: what editors complete and explain by. `x-touches` says which rollout a change is for. */
export function policyFileSchema(): Schema {
  const properties = Object.fromEntries([...POLICY_MEMBERS].map(([name, key]) => [name, memberSchema(key)]));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A policy of Lowtide',
    description: 'Sets members over the settings of the deployment; what it leaves out is of the deployment.',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

/** The shape of one member's value, as it is written. */
export function memberSchema(key: PolicyKey): Schema {
  const { $schema: _dialect, ...shape } = z.toJSONSchema(Policy.shape[key], { io: 'input' });
  const isDuration = key.endsWith('Seconds');
  const pattern = key === 'bakeSeconds' ? `^(${NEXT_WINDOW}|P.+)$` : '^P.+$';
  const value = isDuration ? { type: 'string', pattern } : shape;
  const defaultValue = writtenValue(key, defaultPolicy[key]);
  return {
    ...value,
    description: [
      POLICY_ABOUT[key],
      ...(isDuration ? ['An ISO 8601 duration, such as PT15M or P3D.'] : []),
      `Default: ${shownDefault(defaultValue)}.`,
      touchesOf(key) === 'next'
        ? 'A change is for the next rollout.'
        : 'A change touches the rollout that runs, too.',
    ].join(' '),
    default: defaultValue,
    'x-touches': touchesOf(key),
  };
}

function shownDefault(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}

/** The names that a map may have at a place within a member: for whoever misspelt one. */
export function namesWithin(key: PolicyKey, path: readonly PropertyKey[]): readonly string[] {
  let at: readonly Schema[] = [memberSchema(key)];
  for (const step of path)
    at = at.flatMap((schema) => {
      const within =
        typeof step === 'number'
          ? schema['items']
          : (schema['properties'] as Schema | undefined)?.[String(step)];
      return alternatives(within);
    });
  return [
    ...new Set(at.flatMap((schema) => Object.keys((schema['properties'] as Schema | undefined) ?? {}))),
  ];
}

function alternatives(schema: unknown): readonly Schema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { anyOf } = schema as { readonly anyOf?: readonly unknown[] };
  return anyOf === undefined ? [schema as Schema] : anyOf.flatMap(alternatives);
}
