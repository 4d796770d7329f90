import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { askAllNow } from '../live';
import { doneAt } from '../parts/announcer';
import { ProblemNote } from '../parts/problemNote';
import { ReasonField } from '../parts/reasonField';
import { send, type Problem } from '../send';
import { SubmitLine } from '../parts/submitLine';

export interface Choice {
  readonly kind: 'pause' | 'resume' | 'skip' | 'cancel' | 'approve' | 'reject' | 'withdraw';
  readonly label: string;
  /** What it would do, with numbers. */
  readonly effect: string;
  /** Why the caller may not decide this; null when it may. */
  readonly off: string | null;
}

export interface Seen {
  readonly forgives: readonly string[];
  readonly pausedSinceUtc: string | null;
}

interface DecisionFormProps {
  readonly rolloutId: string;
  readonly choices: readonly Choice[];
  /** On the button while nothing is chosen. */
  readonly startLabel: string;
  /** Sent beside the reason. */
  readonly about?: Readonly<Record<string, string>>;
  /** What is open, and is shown; the host refuses to resume or skip anything else. */
  readonly seen?: Seen;
  readonly onDone?: () => void;
  readonly onRefused?: (problem: Problem) => void;
}

/** What the host has refused, once its form is gone with what it was about: what overtook the decision has taken that away. Null while there is a form. */
export function useRefused(
  hasForm: boolean,
): readonly [refused: Problem | null, set: (refused: Problem | null) => void] {
  const [refused, set] = useState<Problem | null>(null);
  useEffect(() => {
    if (hasForm) set(null);
  }, [hasForm]);
  return [hasForm ? null : refused, set];
}

/** A decision and its reason. The button says what is missing as long as it is off. */
export function DecisionForm({
  rolloutId,
  choices,
  startLabel,
  about = {},
  seen,
  onDone,
  onRefused,
}: DecisionFormProps): JSX.Element {
  const id = useId();
  const only = choices.length === 1 ? choices[0] : undefined;
  const now = seen === undefined ? '' : textOf(seen);
  const [begun, setBegun] = useState<Begun>({ kind: null, of: now });
  // What was chosen of what was open then says nothing of what is open now.
  const hasChanged = begun.of !== now && (only !== undefined || begun.kind !== null);
  const kind = hasChanged ? null : begun.kind;
  const [reason, setReason] = useState('');
  const [isSending, setIsSending] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const chosen = only ?? choices.find((choice) => choice.kind === kind);
  const changed = hasChanged ? (only === undefined ? CHOOSE_AGAIN : OPEN_AGAIN) : null;
  const missing = whyOff(choices, chosen) ?? changed ?? missingOf(chosen, reason, isSending);
  const decide = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (chosen === undefined || missing !== null) return;
    setIsSending(true);
    const body = { ...about, ...(answersHalts(chosen.kind) ? seen : {}), reason: reason.trim() };
    const sent = await send('POST', `/api/rollouts/${rolloutId}/${chosen.kind}`, body);
    setIsSending(false);
    setProblem(sent.kind === 'refused' ? sent.problem : null);
    if (sent.kind === 'refused') onRefused?.(sent.problem);
    askAllNow();
    if (sent.kind === 'done') {
      setReason('');
      setBegun({ kind: null, of: now });
      doneAt('main', `${chosen.label}: done.`);
      onDone?.();
    }
  };
  return (
    <form class="decision" onSubmit={(event) => void decide(event)}>
      <fieldset>
        <legend>{only === undefined ? 'Your decision' : only.label}</legend>
        {only === undefined ? (
          <ChoiceFields
            name={`${id}-kind`}
            choices={choices}
            kind={kind}
            setKind={(to) => {
              setBegun({ kind: to, of: now });
            }}
          />
        ) : (
          <p class="choice-effect">{only.effect}</p>
        )}
      </fieldset>
      <ReasonField reason={reason} set={setReason} />
      <SubmitLine
        id={id}
        label={chosen?.label ?? startLabel}
        missing={missing}
        tone={chosen?.kind === 'cancel' || chosen?.kind === 'reject' ? 'danger' : 'primary'}
      />
      <ProblemNote problem={problem} />
    </form>
  );
}

interface Begun {
  readonly kind: Choice['kind'] | null;
  /** What was open then. */
  readonly of: string;
}

const CHANGED = 'Off: what waits for a decision has changed since you began.';
const CHOOSE_AGAIN = `${CHANGED} Read it above, and choose again.`;
const OPEN_AGAIN = `${CHANGED} Read it, then close this and open it again.`;

const textOf = ({ forgives, pausedSinceUtc }: Seen): string =>
  JSON.stringify([[...forgives].sort(), pausedSinceUtc]);

const answersHalts = (kind: Choice['kind']): boolean => kind === 'resume' || kind === 'skip';

interface ChoiceFieldsProps {
  readonly name: string;
  readonly choices: readonly Choice[];
  readonly kind: Choice['kind'] | null;
  readonly setKind: (kind: Choice['kind']) => void;
}

function ChoiceFields({ name, choices, kind, setKind }: ChoiceFieldsProps): JSX.Element {
  return (
    <>
      {choices.map((choice) => (
        <label key={choice.kind} class={choice.kind === kind ? 'choice chosen' : 'choice'}>
          <input
            type="radio"
            name={name}
            value={choice.kind}
            checked={choice.kind === kind}
            onChange={() => {
              setKind(choice.kind);
            }}
          />
          <span>
            <strong>{choice.label}</strong>
            <span class="choice-effect">{choice.effect}</span>
            {choice.off !== null && choices.some(({ off }) => off === null) && (
              <span class="choice-effect quiet">{choice.off}</span>
            )}
          </span>
        </label>
      ))}
    </>
  );
}

/** Of what is chosen; while nothing is, only when nothing could be. */
function whyOff(choices: readonly Choice[], chosen: Choice | undefined): string | null {
  if (chosen !== undefined) return chosen.off;
  return choices.every(({ off }) => off !== null) ? (choices[0]?.off ?? null) : null;
}

function missingOf(chosen: Choice | undefined, reason: string, isSending: boolean): string | null {
  if (isSending) return 'Sending …';
  if (chosen === undefined && reason.trim() === '') return 'Choose one, and say why.';
  if (chosen === undefined) return 'Choose one.';
  return reason.trim() === '' ? 'Say why: it goes into the audit.' : null;
}
