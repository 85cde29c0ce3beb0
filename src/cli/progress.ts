import { Presets, SingleBar } from 'cli-progress';
import type { ProgressEvent } from '../index.ts';

/** Does a job with its progress on stderr. */
export async function withProgress<Result>(
  job: (bar: ProgressBar) => Promise<Result>,
): Promise<Result> {
  const bar = new ProgressBar();
  try {
    return await job(bar);
  } finally {
    bar.stop();
  }
}

/** A live bar on stderr with the time left; plain lines where stderr is no terminal. */
export class ProgressBar {
  #bar: SingleBar | undefined;
  #stage = '';
  #line = 0;

  readonly listen = (event: ProgressEvent): void => {
    if (process.stderr.isTTY) this.#draw(event);
    else this.#print(event);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw({ stage, done, total, unit, metrics = {} }: ProgressEvent): void {
    if (stage !== this.#stage) {
      this.stop();
      this.#stage = stage;
      const format = `${stage.padEnd(22)} {bar} {percentage} %  {value}/{total} ${unit}  {eta_formatted} left {note}`;
      this.#bar = new SingleBar({ format, hideCursor: true, etaBuffer: 40 }, Presets.rect);
      this.#bar.start(total, 0, { note: '' });
    }
    const note = Object.entries(metrics)
      .map(([name, value]) => ` ${name} ${value.toFixed(3)}`)
      .join('');
    this.#bar?.setTotal(total);
    this.#bar?.update(done, { note });
    if (done >= total) this.stop();
  }

  /** A line at the beginning and the end of a stage, and every ten seconds in between. */
  #print({ stage, done, total, unit }: ProgressEvent): void {
    const now = Date.now();
    if (stage === this.#stage && done < total && now - this.#line < 10_000) return;
    this.#stage = stage;
    this.#line = now;
    console.error(`${stage}: ${done}/${total} ${unit}`);
  }
}
