import type { ProgressEvent } from '../../src/index.ts';

/** How long the stages of a job take: the time before an event belongs to the event's stage. */
export class StageClock {
  readonly #now: () => number;
  readonly #milliseconds = new Map<string, number>();
  #last: number;

  /** @param now milliseconds; the clock starts at once. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#last = now();
  }

  readonly listen = ({ stage }: Pick<ProgressEvent, 'stage'>): void => this.#add(stage);

  /** Ends the job: the time since the last event belongs to `stage`. @returns seconds by stage. */
  stop(stage: string): Record<string, number> {
    this.#add(stage);
    return Object.fromEntries([...this.#milliseconds].map(([name, ms]) => [name, ms / 1000]));
  }

  #add(stage: string): void {
    const now = this.#now();
    this.#milliseconds.set(stage, (this.#milliseconds.get(stage) ?? 0) + now - this.#last);
    this.#last = now;
  }
}
