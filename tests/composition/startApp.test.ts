import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetServices, startApp } from '../../composition/compose';
import { LowtideError } from '../../domain/lowtideError';

const before = { ...process.env };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-start-'));
  process.env = { ...before, LOWTIDE_STORE: 'tables', LOWTIDE_STATE_DIR: '' };
});
afterEach(() => {
  forgetServices();
  process.env = before;
  rmSync(folder, { recursive: true, force: true });
});

function refusal(): LowtideError['detail'] | null {
  try {
    startApp();
    return null;
  } catch (error) {
    if (error instanceof LowtideError && error.code === 'SETTING_INVALID') return error.detail;
    throw error;
  }
}

describe('at its start the app', () => {
  it('refuses a state folder that cannot be made, and says which setting names another one', () => {
    // A file where the folder should be stands for a package that is mounted read-only.
    process.env['AzureWebJobsScriptRoot'] = folder;
    writeFileSync(join(folder, '.lowtide'), '');
    expect(refusal()).toMatchObject({
      what: `The state folder ${join(folder, '.lowtide', 'func')} cannot be used.`,
      fix: expect.stringContaining('Set LOWTIDE_STATE_DIR') as string,
    });
  });

  it('refuses settings that are wrong, before it is asked for anything', () => {
    process.env['LOWTIDE_SEED'] = 'seven';
    expect(refusal()?.what).toMatch(/LOWTIDE_SEED is 'seven'/);
  });

  it('starts once, however often it is reported to', () => {
    process.env['LOWTIDE_STATE_DIR'] = join(folder, 'state');
    expect(refusal()).toBeNull();
    expect(refusal()).toBeNull();
  });
});
