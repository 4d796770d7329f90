import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '../../operatorApi/metrics';
import { anApi, type Api } from '../armApi/api';
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
    expect(asked.filter((name) => !METRICS.some(([known]) => known === name))).toEqual([]);
  });
});
