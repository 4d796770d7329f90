import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { month as monthName } from '../format';
import { useLive } from '../live';
import { ProblemNote } from '../parts/problemNote';
import { SelectField } from '../parts/selectField';
import { send, thrownProblem, type Problem } from '../send';
import { PolicyText } from './policyText';
import { PreviewShown, type Previewed } from './previewShown';

const EVERY_MS = 10_000;
const TYPED_MS = 600;

type Against = 'previousMonth' | 'policy' | 'fleet';

const AGAINST: readonly (readonly [key: Against, label: string])[] = [
  ['previousMonth', 'the month before'],
  ['policy', 'another policy'],
  ['fleet', 'another fleet file'],
];

/** A month as its rollout would plan it now, and what moves against the month before, with another policy, or with another fleet. */
export function Preview({ thisMonth }: { readonly thisMonth: string }): JSX.Element {
  const months = [thisMonth, monthAfter(thisMonth)];
  const [month, setMonth] = useState(months[1] ?? thisMonth);
  const [against, setAgainst] = useState<Against>('previousMonth');
  return (
    <section class="card" aria-labelledby="preview">
      <div class="card-head">
        <h2 id="preview">Preview of {monthName(month)}</h2>
        <div class="toolbar">
          <SelectField
            label="Month"
            options={months.map((one) => [one, monthName(one)])}
            value={month}
            set={setMonth}
          />
          <SelectField
            label="Compare with"
            options={AGAINST}
            value={against}
            set={(key) => {
              setAgainst(key as Against);
            }}
          />
        </div>
      </div>
      {against === 'previousMonth' ? (
        <OfMonth month={month} />
      ) : (
        <WithOther month={month} against={against} />
      )}
    </section>
  );
}

function OfMonth({ month }: { readonly month: string }): JSX.Element {
  const plain = `/api/preview?month=${month}`;
  const { data, problem } = useLive<Previewed>(`${plain}&against=previousMonth`, EVERY_MS);
  // Without a plan of the month before there is nothing to compare with, and still a preview.
  const isAlone = problem?.status === 400;
  const { data: alone } = useLive<Previewed>(isAlone ? plain : null, EVERY_MS);
  const shown = isAlone ? alone : data;
  if (shown === null)
    return (
      <p class="quiet">
        {problem === null || isAlone ? 'Planning it …' : `${problem.title} ${problem.detail}`}
      </p>
    );
  return (
    <>
      <PreviewShown preview={shown} against="the month before" />
      {isAlone && <p class="quiet">{problem.title}</p>}
    </>
  );
}

interface Other {
  readonly preview: Previewed | null;
  readonly problem: Problem | null;
}

/** The month with another policy or fleet, and its difference to the one that would be. Nothing is changed by it. */
function WithOther({ month, against }: { readonly month: string; readonly against: Against }): JSX.Element {
  const [policyFile, setPolicyFile] = useState('');
  const [fleet, setFleet] = useState<{ readonly name: string; readonly text: string } | null>(null);
  const [other, setOther] = useState<Other | 'asking' | null>(null);
  const { data: policy } = useLive<{ inForce: Readonly<Record<string, unknown>> }>('/api/policy', EVERY_MS);
  useEffect(() => {
    const isReady = against === 'policy' ? policyFile.trim() !== '' : fleet !== null;
    setOther(isReady ? 'asking' : null);
    if (!isReady) return undefined;
    let isOver = false;
    const timer = window.setTimeout(() => {
      void ask(month, against === 'policy' ? { policyFile } : { fleet: fleet?.text ?? '' }).then((next) => {
        if (!isOver) setOther(next);
      });
    }, TYPED_MS);
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [month, against, policyFile, fleet]);
  return (
    <>
      {against === 'policy' ? (
        <PolicyText
          label="Members of the other policy, over the one in force (YAML)"
          text={policyFile}
          set={setPolicyFile}
          inForce={policy?.inForce ?? {}}
          rows={4}
        />
      ) : (
        <label class="file-choice">
          A fleet file, as <code>az vm list</code> writes it{' '}
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined)
                void file.text().then((text) => {
                  setFleet({ name: file.name, text });
                });
            }}
          />
        </label>
      )}
      {other === null && <p class="quiet">What differs is shown as soon as there is something to compare.</p>}
      {other === 'asking' && <p class="quiet">Planning both …</p>}
      {other !== null && other !== 'asking' && (
        <>
          <ProblemNote problem={other.problem} />
          {other.preview !== null && <PreviewShown preview={other.preview} against="what would be now" />}
        </>
      )}
    </>
  );
}

async function ask(
  month: string,
  given: { readonly policyFile?: string; readonly fleet?: string },
): Promise<Other> {
  const body: Record<string, unknown> = { month };
  if (given.policyFile !== undefined) body['policyFile'] = given.policyFile;
  if (given.fleet !== undefined) {
    try {
      body['fleet'] = JSON.parse(given.fleet);
    } catch (error) {
      return { preview: null, problem: thrownProblem('The file is not JSON.', error) };
    }
  }
  const sent = await send<Previewed>('POST', '/api/preview', body);
  return sent.kind === 'done'
    ? { preview: sent.value, problem: null }
    : { preview: null, problem: sent.problem };
}

function monthAfter(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}
