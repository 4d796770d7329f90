export interface E2eOptions {
  readonly baseUrl: string;
}
export function runE2e(_options: E2eOptions): Promise<0 | 2> {
  return Promise.resolve(2);
}
