const [LEAST_ROOM, GROWTH] = [1_024, 2];

/** Whole numbers from 0, one behind another, in as few bytes each as the largest needs. */
class NumberColumn {
  #numbers: Uint8Array | Uint16Array | Uint32Array = new Uint8Array(LEAST_ROOM);
  #largest = 0xff;
  #count = 0;

  get length(): number {
    return this.#count;
  }

  add(number: number): void {
    if (this.#count === this.#numbers.length)
      this.#copyTo(this.#roomFor(GROWTH * this.#count, this.#largest));
    this.#count += 1;
    this.set(this.#count - 1, number);
  }

  set(position: number, number: number): void {
    if (number > this.#largest) {
      this.#largest = number <= 0xffff ? 0xffff : 0xffffffff;
      this.#copyTo(this.#roomFor(this.#numbers.length, this.#largest));
    }
    this.#numbers[position] = number;
  }

  at(position: number): number {
    return this.#numbers[position] ?? 0;
  }

  #roomFor(count: number, largest: number): Uint8Array | Uint16Array | Uint32Array {
    if (largest === 0xff) return new Uint8Array(count);
    return largest === 0xffff ? new Uint16Array(count) : new Uint32Array(count);
  }

  #copyTo(room: Uint8Array | Uint16Array | Uint32Array): void {
    room.set(this.#numbers);
    this.#numbers = room;
  }
}

/** Values that repeat: each is in memory once, however often it is added. */
export class ValueColumn<T> {
  /** The values, each once. */
  readonly values: T[] = [];
  readonly #numbers = new NumberColumn();
  readonly #numberOf = new Map<T, number>();
  #last = -1;

  add(value: T): void {
    this.#numbers.add(this.#number(value));
  }

  set(position: number, value: T): void {
    this.#numbers.set(position, this.#number(value));
  }

  at(position: number): T {
    return this.values[this.#numbers.at(position)] as T;
  }

  /** Nothing more will be added: which number a value has need not be known any more. */
  close(): void {
    this.#numberOf.clear();
  }

  /** Which of the values it is. */
  numberAt(position: number): number {
    return this.#numbers.at(position);
  }

  /** Neighbours often have the same. */
  #number(value: T): number {
    if (this.#last >= 0 && this.values[this.#last] === value) return this.#last;
    let number = this.#numberOf.get(value);
    if (number === undefined) {
      number = this.values.push(value) - 1;
      this.#numberOf.set(value, number);
    }
    this.#last = number;
    return number;
  }
}

const ASCII = /^[\0-\x7f]*$/;

/** Texts that do not repeat: ASCII in a byte a character, the rare others as they are. */
export class TextColumn {
  #bytes = Buffer.allocUnsafeSlow(16_384);
  readonly #ends = new NumberColumn();
  readonly #others = new Map<number, string>();
  #end = 0;

  get length(): number {
    return this.#ends.length;
  }

  add(text: string): void {
    if (ASCII.test(text)) {
      if (this.#end + text.length > this.#bytes.length) {
        const larger = Buffer.allocUnsafeSlow(2 * (this.#end + text.length));
        this.#bytes.copy(larger, 0, 0, this.#end);
        this.#bytes = larger;
      }
      this.#end += this.#bytes.write(text, this.#end, 'latin1');
    } else this.#others.set(this.#ends.length, text);
    this.#ends.add(this.#end);
  }

  at(position: number): string {
    const from = position === 0 ? 0 : this.#ends.at(position - 1);
    const to = this.#ends.at(position);
    return from === to ? (this.#others.get(position) ?? '') : this.#bytes.toString('latin1', from, to);
  }
}
