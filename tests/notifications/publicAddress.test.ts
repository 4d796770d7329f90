import { lookup, type LookupAddress } from 'node:dns';
import { post } from '../../notifications/post';

jest.mock('node:dns', () => ({ ...jest.requireActual<object>('node:dns'), lookup: jest.fn() }));

const PUBLIC: LookupAddress = { address: '203.0.112.1', family: 4 };
const METADATA: LookupAddress = { address: '169.254.169.254', family: 4 };
const MAPPED: LookupAddress = { address: '::ffff:10.0.0.4', family: 6 };

const answers = (...all: readonly LookupAddress[]): void => {
  jest.mocked(lookup as (...args: readonly unknown[]) => void).mockImplementationOnce((...args) => {
    (args.at(-1) as (error: null, addresses: readonly LookupAddress[]) => void)(null, all);
  });
};
const options = { id: 'a~1', secret: null, privateAddresses: false, nowSeconds: 0 };
const posted = async (): Promise<string> => {
  const answer = await post('https://rebind.example:9/', { headers: {}, body: '{}' }, options);
  return answer.kind === 'refused' ? answer.error : answer.kind;
};

describe('a name is looked up at the moment of connecting', () => {
  it('one that has become an address of the own network since the last notice is refused', async () => {
    answers(METADATA);
    expect(await posted()).toContain('169.254.169.254, which is not a public address');
    expect(lookup).toHaveBeenCalledTimes(1); // what was looked up is what is connected to: not once more
  });

  it.each([
    ['that has a public and a private address', [PUBLIC, METADATA]],
    ['whose private address is written as IPv6', [MAPPED]],
    ['without an address', []],
  ])('one %s is refused', async (_name, all) => {
    answers(...all);
    expect(await posted()).toMatch(/which is not a public address/);
  });
});
