import type { z } from 'zod';
import { toRestShape, type ArmResource } from './armModel';
import { isObject } from '../../domain/isObject';

/** As the person wrote it: `az` has no `properties`. */
export function fieldOf(issue: z.core.$ZodIssue): string {
  return issue.path.filter((part) => part !== 'properties').join('.');
}

const FIXES: Readonly<Record<string, string>> = {
  id: 'Give the full ARM id: /subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/virtualMachines/….',
  location: 'Give the region, as "eastus".',
  zones: 'Write a list, as ["1"], or leave it out.',
  tags: 'Write an object of texts, as { "team": "web" }, or leave it out.',
};

export function explain(issue: z.core.$ZodIssue, model: ArmResource): [what: string, fix: string] {
  const field = fieldOf(issue);
  const fix = FIXES[field] ?? FIXES[String(issue.path[0])] ?? 'Write it as Azure does, or leave it out.';
  const written = issue.path.reduce<unknown>((value, part) => memberOf(value, String(part)), model);
  if (written === undefined) return ['It is missing.', fix];
  if (issue.code === 'custom') return [`It ${issue.message}.`, fix];
  // ConvertTo-Json writes the name of the .NET type where its depth ends.
  if (typeof written === 'string' && written.startsWith('Microsoft.Azure.'))
    return [`PowerShell cut it off: it is only ${JSON.stringify(written)}.`, 'Use ConvertTo-Json -Depth 10.'];
  const wanted = issue.code === 'invalid_type' ? `, not ${TYPES[issue.expected] ?? issue.expected}` : '';
  return [`It is ${described(written)}${wanted}.`, fix];
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

function memberOf(value: unknown, member: string): unknown {
  if (Array.isArray(value)) return value[Number(member)] as unknown;
  return isObject(value) ? value[member] : undefined;
}

const SHOWN_MAX = 40;

function described(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  const shown = JSON.stringify(value).slice(0, SHOWN_MAX);
  return typeof value === 'string' ? `the text ${shown}` : `the ${typeof value} ${shown}`;
}

/** The name of a record, or what its id ends in, for the person looking for it. Null when it has neither. */
export function nameOf(value: unknown): string | null {
  const { name, id } = isObject(value) ? toRestShape(value) : {};
  const found =
    typeof name === 'string' && name !== '' ? name : typeof id === 'string' ? id.split('/').at(-1) : null;
  return found === undefined || found === '' ? null : found;
}
