import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter } from 'yaml';

/** Where something stands in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Finds what stands at a path of a YAML document, so that a mistake is reported where it was made. */
export class YamlPlaces {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  /** Of a value; of the nearest thing around it that is there, when it is missing. */
  ofValue(path: readonly PropertyKey[]): Place {
    let node: unknown = this.#document.contents;
    let start = startOf(node);
    for (const step of path) {
      const { key, value } = this.#within(node, step);
      if (key === undefined && value === undefined) break;
      start = startOf(value) ?? startOf(key) ?? start;
      node = value;
    }
    return this.#place(start);
  }

  /** Of the name of a member. */
  ofName(path: readonly PropertyKey[], name: string): Place {
    const parent = path.reduce<unknown>(
      (node, step) => this.#within(node, step).value,
      this.#document.contents,
    );
    const start = startOf(this.#within(parent, name).key);
    return start === undefined ? this.ofValue(path) : this.#place(start);
  }

  #within(parent: unknown, step: PropertyKey): { readonly key?: unknown; readonly value?: unknown } {
    const node = isAlias(parent) ? parent.resolve(this.#document) : parent;
    if (isSeq(node)) return { value: node.items[Number(step)] };
    if (!isMap(node)) return {};
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair === undefined ? {} : { key: pair.key, value: pair.value ?? undefined };
  }

  #place(start = 0): Place {
    const { line, col } = this.#lines.linePos(start);
    return { line, column: col };
  }
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null | undefined)?.range?.[0];
}
