import { z } from 'zod';
import { isObject } from '../../domain/isObject';
import { restValue, spellingOf } from './memberNames';

/** What a quick check answers of a value that is not as usual: the full check is to look at the whole record. */
export const UNUSUAL: unique symbol = Symbol('unusual');
type Unusual = typeof UNUSUAL;

/**
 * What a member of a record may be. Two checks are made of it, which must agree: the full one, by zod, of a member of a model in REST shape,
 * which says what is wrong; and the quick one, of the member as it is written in a file, which answers the value of a good one or UNUSUAL.
 */
export interface Field<T> {
  readonly full: z.ZodType<T>;
  readonly quick: (written: unknown) => T | Unusual;
  /** May it be absent, or null? */
  readonly isOptional: boolean;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ReadOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never;
};

export function optional<T>({ full, quick }: Field<T>): Field<T | null | undefined> {
  return { full: full.nullish(), quick, isOptional: true };
}

/** A text that passes the test; the complaint goes on after "It". */
export function textWhere(test: (written: string) => boolean, complaint: string): Field<string> {
  return {
    full: z.string().refine(test, complaint),
    quick: (written) => (typeof written === 'string' && test(written) ? written : UNUSUAL),
    isOptional: false,
  };
}

export const anyText: Field<string> = {
  full: z.string(),
  quick: (written) => (typeof written === 'string' ? written : UNUSUAL),
  isOptional: false,
};
export const text = optional(anyText);

export const flag = optional<boolean>({
  full: z.boolean(),
  quick: (written) => (typeof written === 'boolean' ? written : UNUSUAL),
  isOptional: false,
});

/** A whole number, no less than the least. */
export function whole(least = Number.MIN_SAFE_INTEGER): Field<number> {
  return {
    full: z.number().int().min(least),
    quick: (written) =>
      typeof written === 'number' && Number.isSafeInteger(written) && written >= least ? written : UNUSUAL,
    isOptional: false,
  };
}

export function eitherOf<A, B>(one: Field<A>, other: Field<B>): Field<A | B> {
  return {
    full: z.union([one.full, other.full]),
    quick: (written) => {
      const read = one.quick(written);
      return read === UNUSUAL ? other.quick(written) : read;
    },
    isOptional: false,
  };
}

export function listOf<T>(item: Field<T>): Field<T[]> {
  return {
    full: z.array(item.full),
    quick: (written) => {
      if (!Array.isArray(written)) return UNUSUAL;
      const items: T[] = [];
      for (const each of written as readonly unknown[]) {
        const read = item.quick(each);
        if (read === UNUSUAL) return UNUSUAL;
        items.push(read);
      }
      return items;
    },
    isOptional: false,
  };
}

/** An object of texts whose names are its owner's. */
export const texts: Field<Record<string, string>> = {
  full: z.record(z.string(), z.string()),
  quick: (written) => {
    if (!isObject(written)) return UNUSUAL;
    for (const name in written) if (typeof written[name] !== 'string' || name === '__proto__') return UNUSUAL;
    return written as Record<string, string>;
  },
  isOptional: false,
};

/** An object of which these members are read; all others are let through by the full check and left out by the quick one. */
export function object<F extends Fields>(fields: F): Field<ReadOf<F>> {
  const reader = new MemberReader(fields);
  const full = z.looseObject(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.full])),
  );
  return {
    full: full as unknown as z.ZodType<ReadOf<F>>,
    quick: (written) => (isObject(written) ? (reader.read(written) as ReadOf<F> | Unusual) : UNUSUAL),
    isOptional: false,
  };
}

/** An object that may be absent. */
export const member = <F extends Fields>(fields: F): Field<ReadOf<F> | null | undefined> =>
  optional(object(fields));

/** A member that is read, by the name that the REST API has for it; without a field for one that is not. */
interface Known {
  readonly name: string;
  readonly quick: Field<unknown>['quick'] | null;
}

/** Members are other people's input: beyond so many names the memory starts afresh. */
const NAMES_MAX = 500;

/** Reads members whose names are written in any case. Of two that differ in case the last counts, and null is as good as absent. */
class MemberReader {
  readonly #fields: Fields;
  readonly #required: readonly string[];
  /** By the name as it is written. */
  readonly #known = new Map<string, Known>();

  constructor(fields: Fields) {
    this.#fields = fields;
    this.#required = Object.keys(fields).filter((name) => fields[name]?.isOptional === false);
  }

  read(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | Unusual {
    const read: Record<string, unknown> = {};
    const known = this.#known;
    for (const writtenName in written) {
      const { name, quick } = known.get(writtenName) ?? this.#learn(writtenName);
      if (quick === null) continue;
      const value = written[writtenName];
      if (value === null) read[name] = undefined;
      else {
        const good = quick(typeof value === 'number' ? restValue(name, value) : value);
        if (good === UNUSUAL) return UNUSUAL;
        read[name] = good;
      }
    }
    for (const name of this.#required) if (read[name] === undefined) return UNUSUAL;
    return read;
  }

  #learn(written: string): Known {
    const { name } = spellingOf(written);
    const field = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
    const known = { name, quick: field?.quick ?? null };
    if (this.#known.size >= NAMES_MAX) this.#known.clear();
    this.#known.set(written, known);
    return known;
  }
}
