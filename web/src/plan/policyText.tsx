import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useLive } from '../live';

/** A member of the policy as the JSON Schema of the API has it. */
interface Member {
  readonly default: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-touches': 'running' | 'next';
}

export interface PolicySchema {
  readonly properties: Readonly<Record<string, Member>>;
}

const SCHEMA_MS = 60_000;
const COMPLETIONS_MAX = 6;

/** The schema of a policy file; null until it is there. */
export function usePolicySchema(): PolicySchema | null {
  return useLive<PolicySchema>('/api/policy/schema', SCHEMA_MS).data;
}

interface PolicyTextProps {
  readonly label: string;
  readonly text: string;
  readonly set: (text: string) => void;
  /** What is in force, by member: a completion begins with it. */
  readonly inForce: Readonly<Record<string, unknown>>;
  readonly rows?: number;
}

/** A policy file as text. The member at the cursor is explained, and the names that begin as it does are offered: Alt and a number takes one. */
export function PolicyText({ label, text, set, inForce, rows = 8 }: PolicyTextProps): JSX.Element {
  const id = useId();
  const schema = usePolicySchema();
  const area = useRef<HTMLTextAreaElement>(null);
  const [at, setAt] = useState(0);
  const next = useRef<number | null>(null);
  const word = wordAt(text, at);
  const offered = schema === null ? [] : completionsOf(schema, word, text);
  const take = (name: string): void => {
    const line = `${name}: ${yamlOf(inForce[name] ?? schema?.properties[name]?.default)}`;
    const { start, end } = lineAt(text, at);
    next.current = start + line.length;
    set(text.slice(0, start) + line + text.slice(end));
  };
  useEffect(() => {
    if (next.current === null) return;
    area.current?.focus();
    area.current?.setSelectionRange(next.current, next.current);
    setAt(next.current);
    next.current = null;
  }, [text]);
  const look = (event: { readonly currentTarget: HTMLTextAreaElement }): void => {
    setAt(event.currentTarget.selectionStart);
  };
  return (
    <div class="policy-text">
      <label for={`${id}-text`}>{label}</label>
      <textarea
        id={`${id}-text`}
        ref={area}
        class="code"
        rows={rows}
        placeholder={'soak: PT30M\nbake: P2D'}
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-describedby={`${id}-member`}
        onInput={(event) => {
          set(event.currentTarget.value);
          look(event);
        }}
        onKeyUp={look}
        onClick={look}
        onKeyDown={(event) => {
          const name = event.altKey ? offered[Number(event.key) - 1] : undefined;
          if (name === undefined) return;
          event.preventDefault();
          take(name);
        }}
      />
      <p id={`${id}-member`} class="quiet policy-member">
        {memberInWords(schema, word)}
      </p>
      <Completions offered={offered} take={take} />
    </div>
  );
}

interface CompletionsProps {
  readonly offered: readonly string[];
  readonly take: (name: string) => void;
}

function Completions({ offered, take }: CompletionsProps): JSX.Element | null {
  if (offered.length === 0) return null;
  return (
    <ul class="completions" aria-label="Members that begin so">
      {offered.map((name, n) => (
        <li key={name}>
          <button
            type="button"
            class="completion"
            onClick={() => {
              take(name);
            }}
          >
            <kbd>Alt+{n + 1}</kbd> {name}
          </button>
        </li>
      ))}
    </ul>
  );
}

function lineAt(text: string, at: number): { readonly start: number; readonly end: number } {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const end = text.indexOf('\n', at);
  return { start, end: end === -1 ? text.length : end };
}

/** The name that the line of the cursor begins with. */
function wordAt(text: string, at: number): string {
  const { start, end } = lineAt(text, at);
  return /^["']?([A-Za-z]*)/.exec(text.slice(start, end))?.[1] ?? '';
}

/** Names that begin like the word, or hold it, and stand in no other line yet. */
function completionsOf({ properties }: PolicySchema, word: string, text: string): readonly string[] {
  if (word === '' || properties[word] !== undefined) return [];
  const small = word.toLowerCase();
  const free = Object.keys(properties).filter(
    (name) => !new RegExp(`^["']?${name}["']?\\s*:`, 'm').test(text),
  );
  const begins = free.filter((name) => name.toLowerCase().startsWith(small));
  const holds = free.filter((name) => !begins.includes(name) && name.toLowerCase().includes(small));
  return [...begins, ...holds].slice(0, COMPLETIONS_MAX);
}

function memberInWords(schema: PolicySchema | null, word: string): string {
  if (schema === null) return 'Reading the schema …';
  const member = schema.properties[word];
  if (member === undefined)
    return word === ''
      ? `One member a line, as soak: PT30M. ${Object.keys(schema.properties).length} members; begin to type one.`
      : `No member is called ${word.slice(0, 60)}.`;
  const values = member.enum === undefined ? kindOf(member) : `one of ${member.enum.map(String).join(', ')}`;
  const touches =
    member['x-touches'] === 'running'
      ? 'a change also applies to a running rollout'
      : 'a change is for the next rollout';
  return `${word}: ${values}; ${yamlOf(member.default)} unless it is set; ${touches}.`;
}

function kindOf({ type, minimum, maximum, default: standard }: Member): string {
  if (type === 'string' && String(standard).startsWith('P')) return 'a duration as P3D or PT30M';
  const range = [
    minimum === undefined || minimum < -1e9 ? '' : ` from ${minimum}`,
    maximum === undefined || maximum > 1e9 ? '' : ` to ${maximum}`,
  ].join('');
  return `${{ integer: 'a whole number', number: 'a number', string: 'a text', array: 'a list', boolean: 'true or false' }[type ?? ''] ?? 'a value'}${range}`;
}

/** A value as a line of YAML holds it; JSON is YAML, too. */
export function yamlOf(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9][\w:.+-]*$/.test(value) && !/^\d+:\d+$/.test(value))
    return value;
  return JSON.stringify(value ?? null);
}
