import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Emergency } from '../../domain/emergency';
import { RolloutId } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';
import { METRICS, metricsRoutes } from '../../operatorApi/metrics';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { anApi, type Api } from '../armApi/api';
import { vmsOf } from '../support/builders';
import { aControl, someServices } from '../support/fakeServices';
import { apiMonth } from './apiMonth';

const document = (name: string): string => readFileSync(join(__dirname, '..', '..', 'docs', name), 'utf8');

describe('metrics', () => {
  let api: Api;
  beforeAll(async () => {
    api = await apiMonth(anApi, 2);
  });
  afterAll(() => api.close());

  it('have the documented names and labels, each with few values, and count every VM once', async () => {
    const { headers, body } = await api.send('GET', '/metrics');
    const text = body as unknown as string;
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const names = new Set(samples.map((line) => /^\w+/.exec(line)?.[0]));
    expect([...names].sort()).toEqual(METRICS.map(([name]) => name).sort());
    const vms = samples.filter((line) => line.startsWith('lowtide_rollout_vms{'));
    expect(vms.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(8);
    expect(text).toContain('lowtide_rollout_info{rollout="rollout-2026-11",state="running"} 1');
    expect(text).not.toContain('e2e-'); // no VM is a label
    expect(samples.length).toBeLessThan(100);
  });

  it('are all in docs/metrics.md, and the dashboard asks for no other', () => {
    const text = document('metrics.md');
    expect(METRICS.filter(([name, help]) => !text.includes(name) || !text.includes(help))).toEqual([]);
    const asked = document('grafana-dashboard.json').match(/lowtide_\w+/g) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !METRICS.some(([known]) => known === name))).toEqual([]);
  });

  it('are documented with their labels, no other is, and the dashboard asks for no other label', () => {
    const rows = document('metrics.md').matchAll(/^\| `(lowtide_\w+)` +\|([^|]*)\|/gm);
    const documented = [...rows].map(([, name = '', labels = '']) => [name, labels.match(/\w+/g) ?? []]);
    expect(documented).toEqual(METRICS.map(([name, , labels]) => [name, [...labels]]));
    const queries = [...document('grafana-dashboard.json').matchAll(/"expr": *"((?:[^"\\]|\\.)*)"/g)];
    expect(queries.length).toBeGreaterThan(3);
    for (const [, query = ''] of queries) {
      const labels = METRICS.filter(([name]) => query.includes(name)).flatMap(([, , own]) => [...own]);
      const used = [
        ...[...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names = '']) => names.match(/\w+/g) ?? []),
        ...[...query.matchAll(/(\w+)(?:=~?|!=|!~)\\?"/g)].map(([, name = '']) => name),
      ];
      expect([query, used.filter((name) => !labels.some((own) => own === name))]).toEqual([query, []]);
    }
  });

  it('count the halts of an emergency, and no freeze that is over', async () => {
    const services = await someServices({ vms: vmsOf(3) });
    const rolloutId = RolloutId.parse('rollout-2026-11-e1');
    const patches = { packages: ['openssl'] };
    const times = { bakeAfterCanarySeconds: 3600, bakeSeconds: 3600, hours: null };
    const emergency = Emergency.parse({ reason: 'A CVE.', selector: {}, patches, ...times });
    await services.rollouts.create(aControl({ rolloutId, emergency }));
    const halt = {
      haltId: 'h',
      kind: 'halt' as const,
      phase: phaseIdOf(1),
      region: null,
      why: 'A bad patch.',
    };
    await services.rollouts.addHalt(rolloutId, { ...halt, atUtc: services.nowUtc(), decision: null });
    const freeze = { kind: 'freeze' as const, selector: {}, timeZone: null, reason: 'r', owner: 'o' };
    const created = { createdUtc: services.nowUtc(), createdBy: 'o' };
    const days = ['2026-10-01', '2026-12-01'] as const;
    for (const day of days)
      await services.freezes.save({ ...freeze, ...created, id: `on-${day}`, from: day, to: day }, null);
    const answer = await metricsRoutes[0]?.handler(
      {} as OperatorRequest,
      { services } as unknown as OperatorContext,
    );
    expect(answer?.body).toContain('lowtide_rollout_open_halts{kind="halt"} 1');
    expect(answer?.body).toContain('lowtide_freezes{kind="freeze"} 1');
  });

  it('have as many samples whatever the size of the fleet', async () => {
    const samplesOf = async (count: number): Promise<readonly string[]> => {
      const vms = vmsOf(count, (n) => ({
        region: n % 2 === 0 ? 'eastus' : 'westeurope',
        subscriptionId: `sub-${n}`,
        tags: { app: `app-${n}` },
      }));
      const services = await someServices({ vms });
      const route = metricsRoutes[0];
      const answer = await route?.handler({} as OperatorRequest, { services } as unknown as OperatorContext);
      const text = answer?.body as string;
      expect(text).toContain(`lowtide_fleet_vms{takes_part="true"} ${count}`);
      return text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.slice(0, line.lastIndexOf(' ')));
    };
    expect(await samplesOf(300)).toEqual(await samplesOf(3));
  });
});
