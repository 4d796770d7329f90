import { spellingOf } from '../../drivers/fleet/memberNames';
import { isObject } from '../../domain/isObject';

/** What is under these is named by its owner, letter by letter, beside what is so in every resource. */
const OF_A_TEMPLATE: ReadonlySet<string> = new Set(['parameters', 'variables', 'outputs']);

/**
 * A body with its members spelled as ARM spells them: ARM reads member names without regard to case, and of two that are one it takes the
 * last.
 */
export function spelledByArm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelledByArm);
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = {};
  for (const [written, inner] of Object.entries(value)) {
    const { name, isNamedByOwner } = spellingOf(written);
    if (OF_A_TEMPLATE.has(name)) result[name] = eachSpelled(inner, name);
    else result[name] = isNamedByOwner ? inner : spelledByArm(inner);
  }
  return result;
}

/** Parameters and outputs have members of their own below what their owner named; what they hold is spelled when it is put. */
function eachSpelled(named: unknown, of: string): unknown {
  if (of === 'variables' || !isObject(named)) return named;
  return Object.fromEntries(
    Object.entries(named).map(([name, inner]) => [name, isObject(inner) ? withArmNames(inner) : inner]),
  );
}

function withArmNames(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([written, inner]) => [spellingOf(written).name, inner]),
  );
}
