type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What only a platform sets, by the Functions host's own tests of where it runs (`EnvironmentExtensions.cs`). `func start` sets
 * WEBSITE_HOSTNAME, and people set WEBSITE_INSTANCE_ID to try two hosts on one machine; Azure's is 64 hexadecimal digits.
 */
export function cloudSign(environment: Environment): string | null {
  const has = (name: string): boolean => (environment[name] ?? '') !== '';
  const always = [
    'WEBSITE_SITE_NAME',
    'WEBSITE_SKU',
    'WEBSITE_POD_NAME',
    'LEGION_SERVICE_HOST',
    'MANAGED_ENVIRONMENT',
    'CONTAINER_APP_NAME',
  ].find(has);
  if (always !== undefined) return always;
  if (/^[0-9a-f]{64}$/i.test(environment['WEBSITE_INSTANCE_ID'] ?? '')) return 'WEBSITE_INSTANCE_ID';
  return has('KUBERNETES_SERVICE_HOST') && has('POD_NAMESPACE') ? 'KUBERNETES_SERVICE_HOST' : null;
}
