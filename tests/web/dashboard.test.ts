import { begin, end } from './month/watchedMonth';
// In the order in which the month goes on: one host and one browser for all of them.
import './month/servedPage';
import './month/halt';
import './month/live';
import './month/plan';
import './month/fleet';
import './month/world';
import './month/vm';
import './month/hostile';
import './month/timelineTruth';
import './month/emergency';
import './month/everyPage';
import './month/afterwards';
import './month/rehearsal';

beforeAll(begin);
afterAll(end);
