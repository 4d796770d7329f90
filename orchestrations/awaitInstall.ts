import type { OrchestrationContext } from 'durable-functions';
import { collectInstall } from '../activities/contracts';
import type { PatchInstallationSummary } from '../domain/patches';
import * as children from './contracts';
import { call, continueAs, pollForAnswer, type Step } from './durable';

interface Ended {
  readonly summary: PatchInstallationSummary | null;
}

/** A person waits for this one. */
const FIRST_SECONDS_MAX = 60;

/** Waits for an installation to end. No summary means that the platform lost it, or that it outlived its own limit. */
export function* awaitInstall(context: OrchestrationContext): Step<Ended> {
  const input = children.awaitInstall.input.parse(context.df.getInput());
  const { region, vmId, claimId, sinceUtc, pace, untilUtc } = input;
  const answer = yield* pollForAnswer<Ended>(
    context,
    input,
    {
      firstSeconds: Math.min(FIRST_SECONDS_MAX, pace.installPollFirstSeconds),
      lastSeconds: pace.installPollLastSeconds,
      untilUtc,
    },
    {
      ask: function* () {
        const install = yield* call(context, collectInstall, { region, vmId, claimId, sinceUtc });
        if (install.kind === 'running') return null;
        return { summary: install.kind === 'ended' ? install.summary : null };
      },
      continueWith: (polls) => {
        continueAs(context, children.awaitInstall, { ...input, polls });
      },
    },
  );
  return answer ?? { summary: null };
}
