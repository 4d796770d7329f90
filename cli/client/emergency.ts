import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { apiClient, type HostOptions } from './apiClient';
import { instantText, writeJson, type OutputOptions } from './output';
import { writePreview, type Preview } from './preview';
import { goOn } from './rollouts';
import { bodySelector, withIds, type SelectorOptions } from './selectors';

export interface EmergencyOptions extends HostOptions, OutputOptions, SelectorOptions {
  readonly reason: string;
  readonly kb?: readonly string[];
  readonly package?: readonly string[];
  readonly securitySince?: string;
  readonly bakeAfterCanary?: string;
  readonly bake?: string;
  readonly hours?: string;
  readonly endsAfter?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface EmergencyPreview extends Preview {
  readonly id: string;
  readonly confirm: string;
  readonly lacking: { readonly assessedCount: number; readonly lackingCount: number };
  readonly beside: readonly string[];
}

/** Its dates are shown before it is confirmed; what is started is what was shown. */
export async function runEmergency(given: EmergencyOptions): Promise<0> {
  const api = apiClient(given);
  const options = await withIds(api, given);
  const { json, dryRun, yes } = options;
  const selector = bodySelector(options);
  const body = { kind: 'emergency', selector, ...bodyOf(options) };
  const preview = await api.send<EmergencyPreview>('POST', '/api/rollouts', { ...body, dryRun: true });
  if (json && dryRun) writeJson(preview);
  if (!json) writeDates(preview, options);
  if (dryRun) return 0;
  if (!yes) await goOn(`emergency ${preview.id}`);
  const { id } = await api.send<{ id: string }>('POST', '/api/rollouts', {
    ...body,
    confirm: preview.confirm,
  });
  if (json) writeJson({ id });
  else
    say.line(
      `${id} is started, and waits for an approver, another person: lowtide rollouts approve ${id} --reason "…"`,
    );
  return 0;
}

function bodyOf(options: EmergencyOptions): Record<string, unknown> {
  const { reason, kb, securitySince, bakeAfterCanary, bake, hours, endsAfter } = options;
  const patches = { kbs: kb, packages: options.package, securitySinceUtc: securitySince };
  return {
    reason,
    patches,
    bakeAfterCanary,
    bake,
    endsAfter,
    ...(hours !== undefined && { hours: hoursIn(hours) }),
  };
}

function hoursIn(written: string): { readonly opens: string; readonly closes: string } {
  const [opens, closes, ...more] = written.split('-');
  if (opens !== undefined && closes !== undefined && more.length === 0) return { opens, closes };
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `--hours is ${written}.`,
    why: 'Off-peak hours have a beginning and an end.',
    fix: 'Write --hours 20:00-08:00.',
  });
}

function writeDates(preview: EmergencyPreview, options: EmergencyOptions): void {
  const { id, beside, lacking, endsUtc } = preview;
  say.line(
    `${id}, ends ${instantText(endsUtc)}${beside.length === 0 ? '' : `, beside ${beside.join(', ')}`}`,
  );
  say.line(
    `${lacking.lackingCount} of ${lacking.assessedCount} assessed VMs lack its patches, by their last assessment`,
  );
  writePreview(preview, options);
}
