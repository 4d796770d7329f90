import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageProps } from '../page';
import { month as monthName } from '../format';
import { Empty } from '../parts/empty';
import { ProblemNote } from '../parts/problemNote';
import { SelectField } from '../parts/selectField';
import type { Problem } from '../send';
import { order, useRehearsals, type Choice, type Rehearsals } from './rehearsal';
import { RunningRehearsal } from './runningRehearsal';
import { SpeedChoice } from './speedChoice';
import '../styles/rehearsal.css';

/** A month on a made-up fleet, chosen, started, watched and paused here; its link repeats it. */
export function RehearsalPage({ place }: PageProps): JSX.Element {
  const { data } = useRehearsals();
  if (data === null)
    return (
      <Empty title="Rehearsals run on a host of your own machine">
        <p>
          <code>npm start</code> or <code>npm run serve</code> has one. On a real fleet the preview in Plan
          shows what a month will be.
        </p>
      </Empty>
    );
  return (
    <>
      <div class="heading">
        <h1>Rehearsal</h1>
        <p class="quiet">
          A month on a made-up fleet, with a clock of its own. It touches nothing that this host patches; the
          same choice gives the same month.
        </p>
      </div>
      {data.running !== null && <RunningRehearsal running={data.running} isItself={data.isItself} />}
      {!data.isItself && <ChoiceForm rehearsals={data} given={choiceIn(place.query)} />}
    </>
  );
}

const FIRST: Choice = { fleet: 'contoso', scenario: null, seed: 1, speed: 14_400 };

/** As a link has it. */
function choiceIn(query: URLSearchParams): Choice {
  const number = (name: string, otherwise: number): number => {
    const value = Number(query.get(name) ?? otherwise);
    return Number.isFinite(value) ? value : otherwise;
  };
  const month = query.get('month');
  return {
    fleet: query.get('fleet') ?? FIRST.fleet,
    scenario: query.get('scenario'),
    seed: number('seed', FIRST.seed),
    speed: number('speed', FIRST.speed),
    ...(month !== null && { month }),
  };
}

interface ChoiceFormProps {
  readonly rehearsals: Rehearsals;
  readonly given: Choice;
}

function ChoiceForm({ rehearsals: { fleets, scenarios, running }, given }: ChoiceFormProps): JSX.Element {
  const [choice, setChoice] = useState(given);
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = (part: Partial<Choice>): void => {
    setChoice({ ...choice, ...part });
  };
  const scenario = scenarios.find(({ name }) => name === choice.scenario);
  const replaces = running !== null && running.state !== 'ended' && running.state !== 'failed';
  return (
    <section class="card" aria-labelledby="choice">
      <h2 id="choice">{running === null ? 'Choose one' : 'Another one'}</h2>
      <form
        class="rehearsal-form"
        onSubmit={(event) => {
          event.preventDefault();
          void order('', choice).then(setProblem);
        }}
      >
        <MonthFields choice={choice} set={set} fleets={fleets} scenarios={scenarios} />
        <SpeedChoice
          speed={choice.speed}
          set={(speed) => {
            set({ speed });
          }}
        />
        <div class="rehearsal-end">
          <button type="submit" class="primary">
            {choice.month === undefined
              ? 'Start the rehearsal'
              : `Start the rehearsal of ${monthName(choice.month)}`}
          </button>
          {replaces && <span class="quiet">It ends the one that runs.</span>}
        </div>
      </form>
      {scenario !== undefined && <p class="quiet value scenario-about">{scenario.about}</p>}
      <ProblemNote problem={problem} />
    </section>
  );
}

interface MonthFieldsProps extends Pick<Rehearsals, 'fleets' | 'scenarios'> {
  readonly choice: Choice;
  readonly set: (part: Partial<Choice>) => void;
}

function MonthFields({ choice, set, fleets, scenarios }: MonthFieldsProps): JSX.Element {
  return (
    <>
      <SelectField
        label="Fleet"
        options={named(fleets, choice.fleet).map((name) => [name, name.slice(0, 80)])}
        value={choice.fleet}
        set={(fleet) => {
          set({ fleet });
        }}
      />
      <SelectField
        label="What goes wrong"
        options={[
          ['', 'only what any month has'],
          ...scenarios.map(({ name }) => [name, name.replaceAll('-', ' ')] as const),
        ]}
        value={choice.scenario ?? ''}
        set={(name) => {
          set({ scenario: name === '' ? null : name });
        }}
      />
      <label>
        Seed of its random choices
        <input
          type="number"
          min={0}
          max={4_294_967_295}
          step={1}
          value={choice.seed}
          onInput={(event) => {
            set({ seed: Number(event.currentTarget.value) });
          }}
        />
      </label>
    </>
  );
}

/** What a link names is there to be seen, also when this host has no such fleet. */
const named = (all: readonly string[], chosen: string): readonly string[] =>
  all.includes(chosen) ? all : [...all, chosen];
