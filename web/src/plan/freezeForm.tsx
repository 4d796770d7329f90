import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { selectorInWords } from '../format';
import { askAllNow } from '../live';
import { useWhyNoOperator } from '../me';
import { announce } from '../parts/announcer';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { ProblemNote } from '../parts/problemNote';
import { SelectField } from '../parts/selectField';
import { send, type Problem } from '../send';
import type { Freeze, FreezeKind } from './freeze';
import { SubmitLine } from '../parts/submitLine';

export interface Draft {
  readonly kind: FreezeKind;
  readonly id: string;
  readonly by: string;
  readonly value: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly owner: string;
}

export const EMPTY: Draft = {
  kind: 'freezes',
  id: '',
  by: '',
  value: '',
  from: '',
  to: '',
  reason: '',
  owner: '',
};

const SELECTORS: readonly (readonly [key: string, label: string])[] = [
  ['', 'every VM'],
  ['subscription', 'a subscription'],
  ['region', 'a region'],
  ['resourceGroup', 'a resource group'],
  ['tag', 'a tag (name=value)'],
  ['family', 'an image family'],
  ['vm', 'one VM, by its ARM id'],
];

interface FreezeFormProps {
  readonly draft: Draft;
  readonly setDraft: (draft: Draft) => void;
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
  /** The one that is there already by the name of the draft. */
  readonly known: Freeze | undefined;
}

/** Sets a freeze or an exclusion. The button says what is missing as long as it is off. */
export function FreezeForm({ draft, setDraft, isOpen, setOpen, known }: FreezeFormProps): JSX.Element {
  const id = useId();
  const [problem, setProblem] = useState<Problem | null>(null);
  const notOperator = useWhyNoOperator();
  const missing = notOperator ?? missingOf(draft);
  const keep = async (): Promise<void> => {
    if (missing !== null) return;
    const { kind, id: name, by, value, from, to, reason, owner } = draft;
    const selector = by === '' ? {} : { [by]: value.trim() };
    const path = `/api/${kind}/${encodeURIComponent(name)}`;
    const body = { selector, from, to, reason, owner };
    const condition = known === undefined ? { 'if-none-match': '*' } : { 'if-match': known.etag };
    const sent = await send('PUT', path, body, undefined, condition);
    setProblem(sent.kind === 'refused' ? sent.problem : null);
    if (sent.kind === 'done') {
      setDraft(EMPTY);
      announce(`${name} is set.`);
    }
    askAllNow();
  };
  return (
    <details
      class="freeze-form"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Set one more</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <Fields
          draft={draft}
          set={(part) => {
            setDraft({ ...draft, ...part });
          }}
        />
        {known !== undefined && <Replaces known={known} />}
        <SubmitLine
          id={id}
          label={known === undefined ? 'Set it' : 'Replace it'}
          missing={missing}
          tone={known === undefined ? 'primary' : 'danger'}
        />
        <ProblemNote problem={problem} />
      </form>
    </details>
  );
}

/** The host keeps one of each name: setting it again changes it. */
function Replaces({
  known: { id, from, to, selector, reason, owner },
}: {
  readonly known: Freeze;
}): JSX.Element {
  return (
    <p class="note" role="status">
      <Name text={id} /> is there already: {from} to {to}, <LongText text={selectorInWords(selector)} /> (
      <LongText text={reason} /> – <LongText text={owner} />
      ). This replaces it: what it kept from being patched may then be patched. Choose another name for one
      more.
    </p>
  );
}

const KINDS: readonly (readonly [key: string, label: string])[] = [
  ['freezes', 'a freeze: nothing starts in a season'],
  ['exclusions', 'an exclusion: these VMs are left out for a while'],
];

const TEXTS: readonly (readonly [
  key: 'from' | 'to' | 'reason' | 'owner',
  label: string,
  type: 'text' | 'date',
])[] = [
  ['from', 'From, in the time of each VM', 'date'],
  ['to', 'To, that day included', 'date'],
  ['reason', 'Reason, for the audit', 'text'],
  ['owner', 'Owner, who is reminded', 'text'],
];

interface FieldsProps {
  readonly draft: Draft;
  readonly set: (part: Partial<Draft>) => void;
}

function Fields({ draft, set }: FieldsProps): JSX.Element {
  return (
    <>
      <SelectField
        label="What"
        options={KINDS}
        value={draft.kind}
        set={(kind) => {
          set({ kind: kind as FreezeKind });
        }}
      />
      <Field
        label="Its name, as year-end-2026"
        value={draft.id}
        set={(id) => {
          set({ id });
        }}
      />
      <SelectField
        label="Of which VMs"
        options={SELECTORS}
        value={draft.by}
        set={(by) => {
          set({ by });
        }}
      />
      {draft.by !== '' && (
        <Field
          label="Which"
          value={draft.value}
          set={(value) => {
            set({ value });
          }}
        />
      )}
      {TEXTS.map(([key, label, type]) => (
        <Field
          key={key}
          label={label}
          type={type}
          value={draft[key]}
          set={(value) => {
            set({ [key]: value });
          }}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly type?: 'text' | 'date';
}

function Field({ label, value, set, type = 'text' }: FieldProps): JSX.Element {
  const onInput = (event: { readonly currentTarget: HTMLInputElement }): void => {
    set(event.currentTarget.value);
  };
  return (
    <label>
      {label}
      {type === 'date' ? (
        <input type="date" value={value} onInput={onInput} />
      ) : (
        <input type="text" value={value} onInput={onInput} />
      )}
    </label>
  );
}

function missingOf({ id, by, value, from, to, reason, owner }: Draft): string | null {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id))
    return 'Its name has up to 64 lower-case letters, digits and hyphens.';
  if (by !== '' && value.trim() === '') return 'Say which VMs.';
  if (from === '' || to === '') return 'Say from when to when.';
  if (to < from) return 'It would end before it begins.';
  if (reason.trim() === '') return 'Say why: it goes into the audit.';
  return owner.trim() === '' ? 'Say whose it is.' : null;
}
