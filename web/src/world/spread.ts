export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Between two marks, in pixels of the map. */
const GAP = 1.5;
const ROUNDS_MAX = 60;

/** Moves marks that lie on each other apart, as little as it takes, so that each can be seen and pressed. The same marks give the same places. */
export function spread<T extends Mark>(marks: readonly T[]): T[] {
  const moved = marks.map((mark) => ({ ...mark }));
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    let isStill = true;
    for (let i = 0; i < moved.length; i += 1)
      for (let j = i + 1; j < moved.length; j += 1) if (pushApart(moved, i, j)) isStill = false;
    if (isStill) break;
  }
  return moved;
}

/** Each by half of what they overlap; false when they do not. */
function pushApart(marks: Mark[], i: number, j: number): boolean {
  const [a, b] = [marks[i], marks[j]];
  if (a === undefined || b === undefined) return false;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const distance = Math.hypot(dx, dy);
  const overlap = a.radius + b.radius + GAP - distance;
  if (overlap <= 0.01) return false;
  // On the very same place they go left and right.
  const [ux, uy] = distance === 0 ? [1, 0] : [dx / distance, dy / distance];
  const half = overlap / 2;
  marks[i] = { ...a, x: a.x - ux * half, y: a.y - uy * half };
  marks[j] = { ...b, x: b.x + ux * half, y: b.y + uy * half };
  return true;
}
