/**
 * Lets those who change what is accepted and those who apply it take turns, while all the waiting for mirrors goes on
 * beside them. Who applies hands over between two secrets as soon as somebody waits: so nothing is ever applied from
 * a state that is being replaced, and nothing new before its mark is raised.
 */
export class Turns {
  readonly #queue: AbortController[] = [];
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for its turn and keeps it while `step` runs.
   *
   * @param step is given a signal that is aborted when somebody else waits, and with `stop`
   */
  async take<T>(step: (handOver: AbortSignal) => Promise<T>, stop: AbortSignal): Promise<T> {
    for (const earlier of this.#queue) earlier.abort();
    const mine = new AbortController();
    this.#queue.push(mine);
    const before = this.#last;
    let pass = (): void => undefined;
    this.#last = new Promise((resolve) => {
      pass = resolve;
    });
    const onStop = (): void => mine.abort();
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    try {
      await before;
      return await step(mine.signal);
    } finally {
      stop.removeEventListener('abort', onStop);
      this.#queue.shift();
      pass();
    }
  }
}
