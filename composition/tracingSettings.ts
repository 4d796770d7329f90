export interface TracingSettings {
  readonly serviceName: string;
  /** Of the VMs that ended well, from 0 to 1. */
  readonly vmShare: number;
}

/**
 * Whether and how traces are sent, from the standard settings of OpenTelemetry: off unless an OTLP endpoint is given. A mistake is a problem
 * that is named, not a deployment without traces.
 */
export function readTracing(
  given: (name: string) => string | null,
  problems: string[],
): TracingSettings | null {
  const endpoint = given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? given('OTEL_EXPORTER_OTLP_ENDPOINT');
  const isOff =
    endpoint === null ||
    given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' ||
    given('OTEL_TRACES_EXPORTER') === 'none';
  const sampler = (given('OTEL_TRACES_SAMPLER') ?? 'always_on').replace(/^parentbased_/, '');
  if (isOff || sampler === 'always_off') return null;
  if (!/^https?:\/\//.test(endpoint))
    problems.push(
      `OTEL_EXPORTER_OTLP_ENDPOINT is '${endpoint}'; it is the http or https address of a collector.`,
    );
  const protocol = given('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ?? given('OTEL_EXPORTER_OTLP_PROTOCOL');
  if (protocol !== null && protocol !== 'http/json')
    problems.push(`OTEL_EXPORTER_OTLP_PROTOCOL is '${protocol}'; Lowtide sends http/json.`);
  if (sampler !== 'always_on' && sampler !== 'traceidratio')
    problems.push(`OTEL_TRACES_SAMPLER is '${sampler}'; it may be always_on, always_off or traceidratio.`);
  const share = sampler === 'traceidratio' ? Number(given('OTEL_TRACES_SAMPLER_ARG') ?? '1') : 1;
  if (!(share >= 0 && share <= 1))
    problems.push(
      `OTEL_TRACES_SAMPLER_ARG is '${given('OTEL_TRACES_SAMPLER_ARG') ?? ''}'; it is from 0 to 1.`,
    );
  return { serviceName: given('OTEL_SERVICE_NAME') ?? 'lowtide', vmShare: share };
}
