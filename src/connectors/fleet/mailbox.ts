/** Values from several sources as one async iterable, in the order in which they came. */
export class Mailbox<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  add(...values: readonly T[]): void {
    if (this.#ended) return;
    this.#waiting.push(...values);
    this.#wake();
  }

  /** Nothing more comes; what waits is still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** For one reader. Ends after `end`, or at once when the signal stops it. */
  async *read(signal: AbortSignal): AsyncGenerator<T> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const value = this.#waiting.shift();
        if (value !== undefined) yield value;
        else if (this.#ended) return;
        else
          await new Promise<void>(resolve => {
            this.#wake = resolve;
          });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
