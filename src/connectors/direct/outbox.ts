/** Gathers what one thread tells another, and posts it together: waking a thread costs more than what it is told. */

export class Outbox<T> {
  readonly #post: (told: readonly T[], transfer: readonly ArrayBuffer[]) => void;
  readonly #gather: (post: () => void) => void;
  #told: T[] = [];
  #transfer: ArrayBuffer[] = [];

  /** `gather` calls back when it is time to post: after the turn of the loop, or some ms. */
  constructor(post: (told: readonly T[], transfer: readonly ArrayBuffer[]) => void, gather: (post: () => void) => void) {
    this.#post = post;
    this.#gather = gather;
  }

  tell(one: T, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#told.length === 0) this.#gather(() => this.flush());
    this.#told.push(one);
    this.#transfer.push(...transfer);
  }

  /** Posts what there is. */
  flush(): void {
    const [told, transfer] = [this.#told, this.#transfer];
    this.#told = [];
    this.#transfer = [];
    if (told.length > 0) this.#post(told, transfer);
  }
}
