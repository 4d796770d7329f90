import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { selectorInWords } from '../format';
import { useConnection } from '../connection';
import { useLive, askAllNow } from '../live';
import { useWhyNoOperator } from '../me';
import { doneAt } from '../parts/announcer';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { Name } from '../parts/name';
import { ProblemNote } from '../parts/problemNote';
import { send, type Problem } from '../send';
import type { Freeze, FreezeKind } from './freeze';
import { FreezeCalendar } from './freezeCalendar';
import { EMPTY, FreezeForm } from './freezeForm';

const EVERY_MS = 5_000;

/** When nothing may start, for whom, and why: as a calendar, as a list, and a form for one more. */
export function Freezes({ month }: { readonly month: string }): JSX.Element {
  const { data: freezes, problem: noFreezes } = useLive<FreezePage>('/api/freezes', EVERY_MS);
  const { data: exclusions, problem: noExclusions } = useLive<FreezePage>('/api/exclusions', EVERY_MS);
  const all = [
    ...(freezes?.value ?? []).map((freeze) => ({ kind: 'freezes' as const, freeze })),
    ...(exclusions?.value ?? []).map((freeze) => ({ kind: 'exclusions' as const, freeze })),
  ];
  const { nowUtc } = useConnection();
  const [draft, setDraft] = useState(EMPTY);
  const [isOpen, setOpen] = useState(false);
  const choose = (day: string): void => {
    setOpen(true);
    const isEnd = draft.from !== '' && draft.to === draft.from && day > draft.from;
    setDraft(isEnd ? { ...draft, to: day } : { ...draft, from: day, to: day });
  };
  return (
    <section class="card" aria-labelledby="freezes">
      <h2 id="freezes" tabIndex={-1}>
        Freezes and exclusions
      </h2>
      <p class="quiet">
        Press a day to begin one, and a later day to end it there. Arrow keys move from day to day.
      </p>
      <FreezeCalendar
        month={month}
        todayUtc={nowUtc}
        all={all.map(({ freeze }) => freeze)}
        chosen={draft}
        choose={choose}
      />
      {freezes === null || exclusions === null ? (
        <Unknown problem={noFreezes ?? noExclusions} />
      ) : (
        all.length === 0 && <p class="quiet">None: everything may be patched in its off-peak hours.</p>
      )}
      <ul class="freezes">
        {all.map(({ kind, freeze }) => (
          <FreezeRow key={`${kind} ${freeze.id}`} kind={kind} freeze={freeze} />
        ))}
      </ul>
      {freezes?.nextLink !== undefined && <More kind="freezes" command="freeze" />}
      {exclusions?.nextLink !== undefined && <More kind="exclusions" command="exclude" />}
      <FreezeForm
        draft={draft}
        setDraft={setDraft}
        isOpen={isOpen}
        setOpen={setOpen}
        known={all.find(({ kind, freeze }) => kind === draft.kind && freeze.id === draft.id)?.freeze}
      />
    </section>
  );
}

/** The first page: all that are in force and to come, and past ones. */
interface FreezePage {
  readonly value: readonly Freeze[];
  readonly nextLink?: string;
}

function More({ kind, command }: { readonly kind: FreezeKind; readonly command: string }): JSX.Element {
  return (
    <p class="quiet">
      More {kind} are over than are listed here: <code>lowtide {command}</code> lists them all.
    </p>
  );
}

/** While they are not known the calendar has no days that are frozen, and there may be some. */
function Unknown({ problem }: { readonly problem: Problem | null }): JSX.Element {
  if (problem === null) return <p class="quiet">Reading …</p>;
  return (
    <p class="problem">
      <Icon name="warning" />
      <span>
        Not all of them are shown: {problem.title} {problem.detail}
      </span>
    </p>
  );
}

const NAME_SAID_MAX = 200;

const STATES = { planned: 'to come', standing: 'in force', over: 'over' } as const;

function FreezeRow({ kind, freeze }: { readonly kind: FreezeKind; readonly freeze: Freeze }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  const whyOff = useWhyNoOperator();
  const whyId = useId();
  const lift = async (): Promise<void> => {
    const path = `/api/${kind}/${encodeURIComponent(freeze.id)}`;
    const sent = await send('DELETE', path, undefined, undefined, { 'if-match': freeze.etag });
    setProblem(sent.kind === 'refused' ? sent.problem : null);
    askAllNow();
    if (sent.kind === 'done') doneAt('freezes', `${freeze.id.slice(0, NAME_SAID_MAX)} was lifted.`);
  };
  return (
    <li>
      <div>
        <strong>
          <Name text={freeze.id} />
        </strong>{' '}
        <span class="quiet">
          {kind === 'freezes' ? 'freeze' : 'exclusion'}, {STATES[freeze.state]}
        </span>
        <p>
          {freeze.from} to {freeze.to}{' '}
          <span class="quiet">({freeze.timeZone ?? 'in the time of each VM'})</span>:{' '}
          <LongText text={selectorInWords(freeze.selector)} />
        </p>
        <p class="quiet">
          <LongText text={freeze.reason} /> – <LongText text={freeze.owner} />
        </p>
        {whyOff !== null && (
          <p id={whyId} class="quiet">
            {whyOff}
          </p>
        )}
        <ProblemNote problem={problem} />
      </div>
      <button
        type="button"
        aria-disabled={whyOff !== null}
        aria-describedby={whyOff === null ? undefined : whyId}
        onClick={() => {
          if (whyOff === null) void lift();
        }}
      >
        Lift <span class="visually-hidden">{freeze.id}</span>
      </button>
    </li>
  );
}
