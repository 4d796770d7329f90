import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TraceSpan } from '../../activities/traces';
import { idsOf, isSampled } from '../../composition/openTracing';
import { readTracing } from '../../composition/tracingSettings';
import { RolloutId } from '../../domain/ids';
import { anApi, type Api } from '../armApi/api';
import { apiMonth } from '../operatorApi/apiMonth';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
}

const attribute = ({ attributes }: Sent, name: string): string | undefined =>
  attributes.find(({ key }) => key === name)?.value.stringValue;

describe('the trace of a rollout', () => {
  const spans: Sent[] = [];
  let collector: Server;
  let api: Api;
  let patched: readonly { readonly vmId: string }[] = [];

  beforeAll(async () => {
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
          resourceSpans: { scopeSpans: { spans: Sent[] }[] }[];
        };
        for (const { scopeSpans } of body.resourceSpans)
          for (const scope of scopeSpans) spans.push(...scope.spans);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    const { port } = collector.address() as AddressInfo;
    process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
    process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
    api = await apiMonth((options) => anApi({ ...options, environment }), 3);
    const page = await api.send('GET', '/api/compliance/outcomes?kind=patched');
    patched = page.body['value'] as unknown as { vmId: string }[];
    await api.send('POST', '/api/rollouts/rollout-2026-11/cancel', { reason: 'Enough.' });
    await api.pass(24 * 60);
    for (let n = 0; n < 1_200 && !spans.some(({ name }) => name === 'rollout'); n += 1) await sleep(50);
  });
  afterAll(async () => {
    delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
    delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
    await api.close();
    collector.closeAllConnections();
    await new Promise((resolve) => collector.close(resolve));
  });

  const named = (name: string): Sent[] => spans.filter((span) => span.name === name);

  test('is one: the rollout, in it its rounds, in each of them its VMs', () => {
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    const [rollout, ...others] = named('rollout');
    expect([others, rollout?.parentSpanId ?? '']).toEqual([[], '']);
    const rounds = new Set(named('round').map(({ spanId }) => spanId));
    expect(rounds.size).toBeGreaterThan(0);
    expect(named('round').every(({ parentSpanId }) => parentSpanId === rollout?.spanId)).toBe(true);
    expect(named('vm').every(({ parentSpanId }) => rounds.has(parentSpanId ?? ''))).toBe(true);
    const traced = new Set(named('vm').map((span) => attribute(span, 'lowtide.vm')));
    expect(patched.length).toBeGreaterThan(0);
    expect(patched.filter(({ vmId }) => !traced.has(vmId))).toEqual([]);
  });

  test('takes the time that the work took, also on a virtual clock', () => {
    for (const { startTimeUnixNano, endTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
    const [vm] = named('vm').filter((span) => attribute(span, 'lowtide.outcome') === 'patched');
    const seconds = Number(
      (BigInt(vm?.endTimeUnixNano ?? 0) - BigInt(vm?.startTimeUnixNano ?? 0)) / 1_000_000_000n,
    );
    expect(seconds).toBeGreaterThan(15 * 60); // assessed, installed, soaked
    expect(Number(BigInt(vm?.startTimeUnixNano ?? 0) / 1_000_000n)).toBeLessThan(Date.parse('2026-11-15'));
  });
});

const vmSpan = (n: number, isError = false): TraceSpan => ({
  rolloutId: RolloutId.parse('rollout-2026-11'),
  kind: 'vm',
  id: `vm~claim~vm-${n}`,
  parentId: 'round~claim',
  name: 'vm',
  startUtc: '2026-11-10T18:00:00.000Z',
  endUtc: '2026-11-10T19:00:00.000Z',
  isError,
  attributes: {},
  events: [],
});

test('a span has the same ids whenever and wherever it is made, and another deployment has others', () => {
  expect(idsOf(vmSpan(1), 'lowtide')).toEqual(idsOf({ ...vmSpan(1) }, 'lowtide'));
  expect(idsOf(vmSpan(1), 'lowtide').traceId).toBe(idsOf(vmSpan(2), 'lowtide').traceId);
  expect(idsOf(vmSpan(1), 'lowtide').spanId).not.toBe(idsOf(vmSpan(2), 'lowtide').spanId);
  expect(idsOf(vmSpan(1), 'other').traceId).not.toBe(idsOf(vmSpan(1), 'lowtide').traceId);
});

test('of VMs that ended well a share is sampled; what ended badly, rounds and the rollout always are', () => {
  const sampled = Array.from({ length: 2_000 }, (_, n) => isSampled(vmSpan(n), 'lowtide', 0.1)).filter(
    Boolean,
  );
  expect(sampled.length).toBeGreaterThan(140);
  expect(sampled.length).toBeLessThan(260);
  expect(isSampled(vmSpan(1, true), 'lowtide', 0)).toBe(true);
  expect(isSampled({ ...vmSpan(1), kind: 'round' }, 'lowtide', 0)).toBe(true);
});

test('nothing is traced until the standard settings name a collector, and mistakes in them are named', () => {
  const read = (given: Record<string, string>): unknown => {
    const problems: string[] = [];
    const settings = readTracing((name) => given[name] ?? null, problems);
    return problems.length > 0 ? problems : settings;
  };
  const at = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(read({})).toBeNull();
  expect(read({ ...at, OTEL_SDK_DISABLED: 'true' })).toBeNull();
  expect(read({ ...at, OTEL_TRACES_SAMPLER: 'always_off' })).toBeNull();
  expect(read(at)).toEqual({ serviceName: 'lowtide', vmShare: 1 });
  const ratio = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.05' };
  expect(read({ ...at, ...ratio, OTEL_SERVICE_NAME: 'patching' })).toEqual({
    serviceName: 'patching',
    vmShare: 0.05,
  });
  expect(read({ ...at, ...ratio, OTEL_TRACES_SAMPLER_ARG: '5' })).toEqual([
    expect.stringContaining('OTEL_TRACES_SAMPLER_ARG'),
  ]);
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' })).toHaveLength(1);
  expect(read({ ...at, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toHaveLength(1);
});
