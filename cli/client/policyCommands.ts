import { readText } from '../../local/readText';
import { say } from '../../local/say';
import { apiClient, queryOf, type ApiClient, type HostOptions } from './apiClient';
import { writeJson, writeRows, type OutputOptions, type Row } from './output';
import { goOn } from './rollouts';
import { resourceName } from '../../domain/ids';
import { vmsText } from '../../domain/listed';

type Common = HostOptions & OutputOptions;

const YAML = 'application/yaml';

interface PolicyView {
  readonly version: number;
  readonly applied: Row | null;
  readonly sets: Row;
  readonly inForce: Row;
}

export async function runPolicyShow(options: Common): Promise<0> {
  writePolicy(await apiClient(options).get<PolicyView>('/api/policy'), options);
  return 0;
}

function writePolicy(policy: PolicyView, options: Common): void {
  if (options.json) {
    writeJson(policy);
    return;
  }
  const { version, sets, inForce } = policy;
  if (!options.csv)
    say.line(
      version === 0 ? 'No policy was applied: the settings of the deployment hold.' : `Version ${version}`,
    );
  const rows = Object.entries(inForce).map(([member, value]) => ({
    member,
    value,
    from: member in sets ? 'policy' : 'deployment',
  }));
  writeRows(['member', 'value', 'from'], rows, options);
}

interface PolicyDiff {
  readonly changes: readonly Row[];
  readonly touchesRunning: boolean;
  readonly running: { readonly rolloutId: string; readonly toComeCount: number } | null;
  readonly rules: readonly {
    readonly member: string;
    readonly name: string;
    readonly change: string;
    readonly vmCount: number;
    readonly vmIds: readonly string[];
  }[];
  readonly effect: {
    readonly month: string;
    readonly movedCount: number;
    readonly addedCount: number;
    readonly removedCount: number;
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly moved: readonly { vmId: string; before: Turn; after: Turn }[];
  };
}

interface Turn {
  readonly phase: string;
  readonly day: number;
}

export async function runPolicyDiff(file: string, options: Common): Promise<0> {
  const diff = await diffOf(apiClient(options), readText(file));
  if (options.json) writeJson(diff);
  else writeDiff(diff, options);
  return 0;
}

const diffOf = (api: ApiClient, text: string): Promise<PolicyDiff> =>
  api.send<PolicyDiff>('POST', '/api/policy/diff', text, YAML);

function writeDiff({ changes, touchesRunning, running, rules, effect }: PolicyDiff, options: Common): void {
  writeRows(['member', 'before', 'after', 'touches'], changes, options);
  if (options.csv) return;
  for (const { member, name, change, vmCount, vmIds } of rules)
    say.line(`${member} ${name} is ${change}: for ${vmsText(vmCount)}${firstOf(vmIds, vmCount)}`);
  if (touchesRunning)
    say.line(
      running === null
        ? 'It touches a rollout that runs.'
        : `It touches ${running.rolloutId}, which runs: ${running.toComeCount} of its VMs ${running.toComeCount === 1 ? 'is' : 'are'} still to come.`,
    );
  const { month, movedCount, addedCount, removedCount, added, removed } = effect;
  say.line(`In ${month} it moves ${vmsText(movedCount)}.`);
  if (addedCount > 0)
    say.line(`Taking part that do not now: ${vmsText(addedCount)}${firstOf(added, addedCount)}`);
  if (removedCount > 0)
    say.line(`No longer taking part: ${vmsText(removedCount)}${firstOf(removed, removedCount)}`);
  const moved = effect.moved.map(({ vmId, before, after }) => ({
    vmId,
    before: `${before.phase} day ${before.day}`,
    after: `${after.phase} day ${after.day}`,
  }));
  if (moved.length > 0) writeRows(['vmId', 'before', 'after'], moved, {});
}

function firstOf(vmIds: readonly string[], count: number): string {
  if (count === 0) return '';
  const names = vmIds.slice(0, NAMED_MAX).map(resourceName);
  return `: ${names.join(', ')}${count > names.length ? ', …' : ''}`;
}

const NAMED_MAX = 5;

export interface PolicyApplyOptions extends Common {
  readonly reason: string;
  readonly yes?: boolean | undefined;
}

/** What it changes, and for which VMs, is shown before it is in force. On a terminal a person confirms it; what is applied is what was shown. */
export async function runPolicyApply(file: string, options: PolicyApplyOptions): Promise<0> {
  const api = apiClient(options);
  const text = readText(file);
  const { version } = await api.get<PolicyView>('/api/policy');
  if (!options.json) writeDiff(await diffOf(api, text), options);
  if (!options.yes && process.stdin.isTTY) await goOn(`policy apply ${file}`);
  const path = queryOf('/api/policy', { reason: options.reason, version });
  const after = await api.send<PolicyView>('PUT', path, text, YAML);
  if (options.json) writeJson(after);
  else say.line(`Version ${after.version} is in force.`);
  return 0;
}

export async function runPolicyVersions(options: Common): Promise<0> {
  const versions: Row[] = [];
  for await (const row of apiClient(options).rows<Row>('/api/policy/versions')) versions.push(row);
  writeRows(['version', 'appliedUtc', 'appliedBy', 'reason'], versions, options);
  return 0;
}

export async function runPolicySchema(options: Common): Promise<0> {
  writeJson(await apiClient(options).get('/api/policy/schema'));
  return 0;
}
