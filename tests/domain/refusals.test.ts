import { passesByItself, pauseAfter, RefusalCode } from '../../domain/refusals';

describe('refusals of the platform', () => {
  it('that pass by themselves are two: too many requests, and another operation on the VM', () => {
    expect(RefusalCode.options.filter((code) => passesByItself(code))).toEqual(['conflict', 'throttled']);
  });

  it.each([
    [300, 300],
    [null, 60],
    [1, 5],
  ])(
    'with Retry-After %j are asked again after %d s: no timer is shorter than 5 s',
    (retryAfterSeconds, seconds) => {
      expect(pauseAfter({ retryAfterSeconds })).toBe(seconds);
    },
  );
});
