import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../emulator/support/nativeHost';

export const CONTOSO = join(repository, 'fleets', 'contoso.json');

/** A fleet file of every nth of Contoso's 600 VMs, all kinds among them: a month goes the same way, and costs less. Answers its path. */
export function partOfContoso(folder: string, nth: number): string {
  const { virtualMachines } = JSON.parse(readFileSync(CONTOSO, 'utf8')) as {
    virtualMachines: readonly unknown[];
  };
  const path = join(folder, `contoso-${nth}.json`);
  writeFileSync(
    path,
    JSON.stringify({ virtualMachines: virtualMachines.filter((_, index) => index % nth === 0) }),
  );
  return path;
}
