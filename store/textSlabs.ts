/**
 * Texts outside of V8's heap. The collector neither copies nor walks nor sweeps them: of a simulated month of 100,000 VMs the rows that were never
 * read are a third of what is in memory. A text that is not ASCII, or long, is its own place.
 */
export type TextPlace = number | string;

/** Texts take whole units, so that the place of one that is freed fits others. */
const UNIT_BYTES = 32;
const SLAB_BYTES = 2 ** 20;
const UNITS_A_SLAB = SLAB_BYTES / UNIT_BYTES;
/** Longer texts are few. */
const TEXT_BYTES_MAX = 8_192;
/** How long the text is stands before it. */
const LENGTH_BYTES = 2;

export class TextSlabs {
  readonly #slabs: Buffer[] = [];
  /** Of the last slab: the first unit that was never used. */
  #nextUnit = UNITS_A_SLAB;
  /** Places that were freed, by how many units they have. */
  readonly #free = new Map<number, number[]>();

  add(text: string): TextPlace {
    if (text.length > TEXT_BYTES_MAX || Buffer.byteLength(text) !== text.length) return text;
    const units = unitsOf(text.length);
    const place = this.#free.get(units)?.pop() ?? this.#unused(units);
    const [slab, at] = this.#find(place);
    slab.writeUInt16LE(text.length, at);
    slab.write(text, at + LENGTH_BYTES, 'latin1');
    return place;
  }

  read(place: TextPlace): string {
    if (typeof place === 'string') return place;
    const [slab, at] = this.#find(place);
    const from = at + LENGTH_BYTES;
    return slab.toString('latin1', from, from + slab.readUInt16LE(at));
  }

  /** The place must not be read any more. */
  free(place: TextPlace): void {
    if (typeof place === 'string') return;
    const [slab, at] = this.#find(place);
    this.#putBack(place, unitsOf(slab.readUInt16LE(at)));
  }

  #find(place: number): readonly [Buffer, number] {
    const slab = this.#slabs[Math.floor(place / UNITS_A_SLAB)];
    if (slab === undefined) throw new RangeError(`There is no text at ${place}.`);
    return [slab, (place % UNITS_A_SLAB) * UNIT_BYTES];
  }

  #unused(units: number): number {
    const left = UNITS_A_SLAB - this.#nextUnit;
    if (left < units) {
      if (left > 0) this.#putBack(this.#end, left);
      this.#slabs.push(Buffer.allocUnsafeSlow(SLAB_BYTES));
      this.#nextUnit = 0;
    }
    const place = this.#end;
    this.#nextUnit += units;
    return place;
  }

  get #end(): number {
    return (this.#slabs.length - 1) * UNITS_A_SLAB + this.#nextUnit;
  }

  #putBack(place: number, units: number): void {
    const known = this.#free.get(units);
    if (known === undefined) this.#free.set(units, [place]);
    else known.push(place);
  }
}

const unitsOf = (length: number): number => Math.ceil((LENGTH_BYTES + length) / UNIT_BYTES);
