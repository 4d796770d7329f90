import { z } from 'zod';
import { AvailabilitySetId, isScaleSet } from '../../domain/ids';
import { domainsDefault } from '../../domain/updateDomains';
import { toRestShape } from './armModel';
import type { ImportedSet } from './importedSet';
import { isObject } from '../../domain/isObject';
import type { Problem } from './malformed';
import type { FleetRecord } from './readRecords';
import { fieldOf, nameOf } from './recordProblems';

const SetRecord = z.looseObject({
  id: z
    .string()
    .refine((id) => AvailabilitySetId.safeParse(id).success, 'is not the id of an availability set'),
  properties: z.looseObject({
    platformUpdateDomainCount: z.number().int().min(1).nullish(),
    platformFaultDomainCount: z.number().int().min(1).nullish(),
  }),
});

/** Null, and problems reported, for a record that is no set. */
export function readSet({ index, line, value }: FleetRecord, problems: Problem[]): ImportedSet | null {
  const record = { kind: 'availability set' as const, index, name: nameOf(value) };
  if (!isObject(value)) {
    problems.push({
      record,
      line,
      field: '',
      what: 'This is not an object.',
      fix: 'Write the set as an object.',
    });
    return null;
  }
  const model = toRestShape(value);
  const parsed = SetRecord.safeParse(model);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      problems.push({
        record,
        line,
        field: fieldOf(issue),
        what: `It ${issue.code === 'custom' ? issue.message : 'is missing or of the wrong type'}.`,
        fix: 'Give the full ARM id, and a platformUpdateDomainCount of 1 or more.',
      });
    return null;
  }
  const id = AvailabilitySetId.parse(parsed.data.id);
  const { platformUpdateDomainCount, platformFaultDomainCount } = parsed.data.properties;
  const count = (isScaleSet(id) ? platformFaultDomainCount : platformUpdateDomainCount) ?? domainsDefault(id);
  return { id, armId: parsed.data.id, updateDomainCount: count, model };
}
