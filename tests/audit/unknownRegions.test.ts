import { aVm, audit, install, violated } from './logBuilders';

describe('A region that the auditor does not know', () => {
  const far = aVm('far', { region: 'Atlantis North', tags: {} });
  const log = [install(far, 0, 30)];
  const extra = { name: 'atlantisnorth', timeZone: 'UTC', pairedRegion: 'eastus' };

  it('leaves an install there in doubt, once for the region, whatever time zone the VM names', () => {
    const tagged = aVm('tagged', { region: 'atlantisnorth', tags: { 'lowtide-timezone': 'UTC' } });
    const { doubts } = audit([far, tagged], [...log, install(tagged, 40, 70)]);
    expect(doubts.map(({ vm, detail }) => [vm, detail])).toEqual([
      [far.id, expect.stringMatching(/region atlantisnorth is not known.*INV-2.*INV-4/)],
    ]);
  });

  it('is judged when it is given: its pair and its time zone count', () => {
    const east = aVm('east');
    expect(violated(audit([far], log, { extraRegions: [extra] }))).toEqual([]);
    expect(violated(audit([far, east], [...log, install(east, 10, 40)], { extraRegions: [extra] }))).toEqual([
      'INV-2',
    ]);
    const elsewhere = { ...extra, timeZone: 'Asia/Tokyo' };
    expect(violated(audit([far], log, { extraRegions: [elsewhere] }))).toEqual(['INV-4']);
  });
});
