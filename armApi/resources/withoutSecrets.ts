import { isObject } from '../../domain/isObject';

/** Members whose values must never come back. They are meant for the guest, and are not even kept. */
const SECRETS: ReadonlySet<string> = new Set(
  [
    'adminPassword',
    'customData',
    'userData',
    'protectedSettings',
    'secrets',
    'additionalUnattendContent',
  ].map((name) => name.toLowerCase()),
);

/** The value without secrets and without nulls, at any depth. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member, inner]) => inner !== null && !SECRETS.has(member.toLowerCase()))
      .map(([member, inner]) => [member, withoutSecrets(inner)]),
  );
}
