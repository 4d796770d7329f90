import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { month as monthName, time } from '../format';
import { Icon } from '../parts/icon';
import { ProblemNote } from '../parts/problemNote';
import type { Problem } from '../send';
import { linkOf, order, STATES, type Running } from './rehearsal';
import { SpeedChoice } from './speedChoice';

interface RunningRehearsalProps {
  readonly running: Running;
  readonly isItself: boolean;
}

/** The rehearsal that runs: how far it is, where to watch it, its pause and its link. */
export function RunningRehearsal({ running, isItself }: RunningRehearsalProps): JSX.Element {
  const { fleet, scenario, seed, month, speed, state, url, nowUtc, why } = running;
  const [problem, setProblem] = useState<Problem | null>(null);
  const give = (path: '/pause' | '/resume' | '/speed', body: object = {}): void => {
    void order(path, body).then(setProblem);
  };
  const whyOff = WHY_OFF[state] ?? null;
  return (
    <section class="card rehearsal" aria-labelledby="running">
      <h2 id="running">
        {monthName(month ?? '2026-01')} on {fleet}
        {scenario === null ? '' : `, ${scenario.replaceAll('-', ' ')}`}, seed {seed}
      </h2>
      <p role="status">
        <span class="badge">
          <Icon
            name={
              state === 'failed'
                ? 'warning'
                : state === 'ended'
                  ? 'check'
                  : state === 'running'
                    ? 'play'
                    : 'pause'
            }
          />
          {STATES[state]}
        </span>{' '}
        {nowUtc !== null && <time dateTime={nowUtc}>{time(nowUtc)}</time>}
        {why !== null && <span class="bad value"> {why}</span>}
      </p>
      <div class="rehearsal-form rehearsal-controls">
        {!isItself && url !== null && (
          <a class="button" href={url} target="_blank" rel="noreferrer">
            Watch it in its own dashboard
          </a>
        )}
        <button
          type="button"
          aria-disabled={whyOff !== null}
          onClick={() => {
            if (whyOff === null) give(state === 'paused' ? '/resume' : '/pause');
          }}
        >
          {state === 'paused' ? 'Let time go on' : whyOff === null ? 'Pause' : `Pause (off: ${whyOff})`}
        </button>
        {state !== 'failed' && (
          <SpeedChoice
            speed={speed}
            set={(next) => {
              give('/speed', { speed: next });
            }}
          />
        )}
      </div>
      {!isItself && <RepeatLink link={linkOf(running)} />}
      <ProblemNote problem={problem} />
    </section>
  );
}

const WHY_OFF: Readonly<Partial<Record<Running['state'], string>>> = {
  starting: 'it is starting',
  ended: 'it is over',
  failed: 'it has failed',
};

function RepeatLink({ link }: { readonly link: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  return (
    <div class="repeat-link">
      <label>
        The link that repeats it
        <input
          type="text"
          readOnly
          value={link}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
        />
      </label>
      <button
        type="button"
        onClick={() => {
          void navigator.clipboard.writeText(link).then(
            () => {
              setCopied(true);
            },
            () => undefined, // without that right the text beside it is still there to be copied
          );
        }}
      >
        <Icon name="link" /> {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
