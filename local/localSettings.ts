import { z } from 'zod';
import { LowtideError } from '../domain/lowtideError';
import { readText } from './readText';

const LocalSettings = z.looseObject({ Values: z.record(z.string(), z.string()) });

/** The `Values` of a file written like local.settings.json. */
export function readLocalSettings(file: string): Readonly<Record<string, string>> {
  const text = readText(file);
  try {
    return LocalSettings.parse(JSON.parse(text)).Values;
  } catch (cause) {
    throw new LowtideError(
      'SETTING_INVALID',
      {
        what: `${file} has no settings.`,
        why: cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause),
        fix: 'Write it like local.settings.sample.json: { "Values": { "LOWTIDE_SEED": "1", … } }, every value a text.',
      },
      { cause },
    );
  }
}
