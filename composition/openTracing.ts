import { createHash } from 'node:crypto';
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Trace, TraceSpan } from '../activities/traces';
import type { TracingSettings } from './tracingSettings';

const SCOPE = { name: 'lowtide' };

/** Sends spans to an OTLP collector, in batches beside the work; OTEL_EXPORTER_OTLP_* and OTEL_BSP_* are read by the SDK itself. */
export function openTracing({ serviceName, vmShare }: TracingSettings): Trace {
  const named = resourceFromAttributes({ 'service.name': serviceName });
  const resource = detectResources({ detectors: [envDetector] }).merge(named);
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  return (span) => {
    if (isSampled(span, serviceName, vmShare)) processor.onEnd(readable(span, serviceName, resource));
  };
}

/** Rollouts, rounds and VMs that ended badly are always there; of the other VMs a share, the same on every host. */
export function isSampled(span: TraceSpan, serviceName: string, vmShare: number): boolean {
  if (span.kind !== 'vm' || span.isError) return true;
  return Number.parseInt(idsOf(span, serviceName).spanId.slice(0, 8), 16) < vmShare * 2 ** 32;
}

/** One trace a rollout, and ids that follow from what a span is about. */
export function idsOf(
  { rolloutId, id, parentId }: Pick<TraceSpan, 'rolloutId' | 'id' | 'parentId'>,
  serviceName: string,
): { readonly traceId: string; readonly spanId: string; readonly parentSpanId: string | null } {
  const digest = (text: string, digits: number): string =>
    createHash('sha256').update(`${serviceName}~${rolloutId}~${text}`).digest('hex').slice(0, digits);
  return {
    traceId: digest('trace', 32),
    spanId: digest(id, 16),
    parentSpanId: parentId === null ? null : digest(parentId, 16),
  };
}

function readable(span: TraceSpan, serviceName: string, resource: ReadableSpan['resource']): ReadableSpan {
  const { traceId, spanId, parentSpanId } = idsOf(span, serviceName);
  const startMs = Date.parse(span.startUtc);
  const endMs = Math.max(startMs, Date.parse(span.endUtc));
  const context = (id: string): ReturnType<ReadableSpan['spanContext']> => ({
    traceId,
    spanId: id,
    traceFlags: TraceFlags.SAMPLED,
  });
  return {
    name: span.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => context(spanId),
    ...(parentSpanId !== null && { parentSpanContext: context(parentSpanId) }),
    startTime: hrTime(startMs),
    endTime: hrTime(endMs),
    duration: hrTime(endMs - startMs),
    status: { code: span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: { 'lowtide.rollout': span.rolloutId, ...span.attributes },
    links: [],
    events: span.events.map(({ name, atUtc }) => ({ name, time: hrTime(Date.parse(atUtc)) })),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
