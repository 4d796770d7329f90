/** What stands between the brackets of a string such as `[concat('a', parameters('b'))]`, as far as it is understood. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'member'; readonly of: Expression; readonly member: string };

/** Azure's limit, too. */
const LENGTH_MAX = 24_576;

const DEPTH_MAX = 32;

/** A text in quotes, a whole number, a name, or one sign. */
const TOKEN = /\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_]\w*)|([^\s]))/y;

type Token =
  | { readonly kind: 'literal'; readonly value: string | number }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

/** Null for what is none of ours: another grammar, nested too deeply, or too long. */
export function parseExpression(text: string): Expression | null {
  if (text.length > LENGTH_MAX) return null;
  const tokens = tokensOf(text.trim());
  const parsed = expressionAt(tokens, 0, 0);
  return parsed?.next === tokens.length ? parsed.expression : null;
}

function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(new RegExp(TOKEN, 'gy'))].map(([, quoted, number, name, sign = '']) =>
    quoted !== undefined
      ? { kind: 'literal', value: quoted.replaceAll("''", "'") }
      : number !== undefined
        ? { kind: 'literal', value: Number(number) }
        : name !== undefined
          ? { kind: 'name', value: name }
          : { kind: 'sign', value: sign },
  );
}

interface Parsed<T> {
  readonly expression: T;
  readonly next: number;
}

function expressionAt(tokens: readonly Token[], start: number, depth: number): Parsed<Expression> | null {
  const first = tokens[start];
  if (first === undefined || first.kind === 'sign' || depth > DEPTH_MAX) return null;
  if (first.kind === 'literal') return { expression: first, next: start + 1 };
  const args = argumentsAt(tokens, start + 1, depth + 1);
  if (args === null) return null;
  let expression: Expression = { kind: 'call', name: first.value, args: args.expression };
  let next = args.next;
  for (let members = 0; isSign(tokens[next], '.'); members += 1, next += 2) {
    const member = tokens[next + 1];
    if (member?.kind !== 'name' || members >= DEPTH_MAX) return null;
    expression = { kind: 'member', of: expression, member: member.value };
  }
  return { expression, next };
}

function argumentsAt(
  tokens: readonly Token[],
  start: number,
  depth: number,
): Parsed<readonly Expression[]> | null {
  if (!isSign(tokens[start], '(')) return null;
  if (isSign(tokens[start + 1], ')')) return { expression: [], next: start + 2 };
  const expression: Expression[] = [];
  for (let at = start + 1; ;) {
    const argument = expressionAt(tokens, at, depth);
    if (argument === null) return null;
    expression.push(argument.expression);
    if (isSign(tokens[argument.next], ')')) return { expression, next: argument.next + 1 };
    if (!isSign(tokens[argument.next], ',')) return null;
    at = argument.next + 1;
  }
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.value === sign;
}
