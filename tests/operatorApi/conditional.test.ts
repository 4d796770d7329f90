import crypto from 'node:crypto';
import { conditional } from '../../operatorApi/conditional';

const hashed = jest.spyOn(crypto, 'createHash');
beforeEach(() => hashed.mockClear());

const NOON = '2026-11-10T12:00:00.000Z';
const LATER = '2026-11-10T12:00:06.000Z';

/** The body, as a route answers it. */
const answered = (route: string, jsonBody: object): unknown =>
  conditional({ jsonBody }, null, { nowUtc: NOON, route }).body;

describe('an answer that is given again', () => {
  it('is hashed once while nothing but the time of its reading changes', () => {
    answered('once', { asOfUtc: NOON, total: 1 });
    expect(answered('once', { asOfUtc: NOON, total: 1 })).toBe(`{"asOfUtc":"${NOON}","total":1}`);
    expect(answered('once', { asOfUtc: LATER, total: 1 })).toBe(`{"asOfUtc":"${LATER}","total":1}`);
    expect(hashed).toHaveBeenCalledTimes(1);
  });

  it('is none of another route, and none of before a change', () => {
    answered('changed', { total: 1 });
    expect(answered('changed', { total: 2 })).toBe('{"total":2}');
    expect(answered('other', { total: 1 })).toBe('{"total":1}');
    expect(hashed).toHaveBeenCalledTimes(3);
  });
});
