import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count, many, time, words } from '../format';
import { Icon } from '../parts/icon';
import { LongText } from '../parts/longText';
import { Section } from './section';
import type { Explanation, VmView } from './vmView';
import { Toggle } from '../parts/toggle';

const SHOWN = 8;

/** What was missing, what was installed, and what became of each patch in this rollout. */
export function Patches({
  state: { lastAssessment: assessed, lastInstallation: installed, installSlot },
  listed,
}: {
  readonly state: VmView['state'];
  readonly listed: Explanation['patches'];
}): JSX.Element {
  return (
    <Section id="patches" title="Patches">
      {installSlot !== null && (
        <p class="note">
          <Icon name="play" /> An installation is under way.
        </p>
      )}
      <p>
        {assessed === null
          ? 'Not assessed yet.'
          : `${many(assessed.criticalAndSecurityPatchCount, 'Critical or Security patch', 'Critical or Security patches')} and ${many(assessed.otherPatchCount, 'other')} were missing when it was last assessed, ${time(assessed.startTime)}.${assessed.rebootPending ? ' A reboot was pending.' : ''}`}
      </p>
      <p>
        {installed === null
          ? 'Nothing was installed yet.'
          : `Last installation: ${words(installed.status)}, ${installed.installedPatchCount} installed, ${installed.failedPatchCount} failed, ${installed.pendingPatchCount} pending, ended ${time(installed.lastModifiedTime)}. Reboot: ${words(installed.rebootStatus)}.`}
      </p>
      {typeof installed?.error?.message === 'string' && (
        <p class="note">
          <LongText text={installed.error.message} />
        </p>
      )}
      {listed !== null && listed.length > 0 && <Listed patches={listed} />}
    </Section>
  );
}

function Listed({ patches }: { readonly patches: NonNullable<Explanation['patches']> }): JSX.Element {
  const [all, setAll] = useState(false);
  const shown = all ? patches : patches.slice(0, SHOWN);
  return (
    <>
      <table class="patches">
        <thead>
          <tr>
            <th scope="col">Patch of this rollout</th>
            <th scope="col">Class</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ kbId, name, version, classification, state }) => (
            <tr key={`${kbId ?? ''} ${name} ${version}`}>
              <th scope="row" class="value">
                {kbId === null ? '' : `KB${kbId} `}
                <LongText text={name} />
                {version !== '' && <span class="quiet"> {version}</span>}
              </th>
              <td>{words(classification)}</td>
              <td class={state === 'Failed' ? 'bad' : ''}>{words(state)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {patches.length > SHOWN && (
        <Toggle isOpen={all} setIsOpen={setAll}>
          {all ? 'Show fewer' : `Show all ${count(patches.length)}`}
        </Toggle>
      )}
    </>
  );
}
