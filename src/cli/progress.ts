import { Presets, SingleBar } from 'cli-progress';
import { plain, type ProgressEvent } from '../index.ts';
import { duration, PaceMeter } from './amount.ts';

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

/** Columns of what stands beside a bar and the name of its stage, at most: a line that is too long is cut. */
const beside = 58;

/** The room for the name of a stage and for the bar, in a terminal of so many columns. */
function widthsIn(columns = 80): { readonly named: number; readonly barsize: number } {
  const named = columns < 110 ? 9 : 22;
  return { named, barsize: Math.min(40, Math.max(5, columns - named - beside)) };
}

/** A live bar on stderr with the time left; plain lines where stderr is no terminal. */
export class ProgressBar {
  #bar: SingleBar | undefined;
  #stage = '';
  /** Whether the stage has come to its end: what comes then is another one of that name. */
  #ended = false;
  #meter = new PaceMeter(0);
  #line = 0;

  readonly listen = (event: ProgressEvent): void => {
    if (process.stderr.isTTY) this.#draw(event);
    else this.#print(event);
  };

  /** A sentence on stderr, above what moves. */
  readonly notice = (text: string): void => {
    this.stop();
    console.error(`modellock: ${plain(text)}`);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(event: ProgressEvent): void {
    const { stage, done, total, metrics = {} } = event;
    if (this.#begins(event)) {
      this.stop();
      const { named, barsize } = widthsIn(process.stderr.columns);
      const format = `${stage.padEnd(named)} {bar} {percentage} %  {amount}  {rest} {note}`;
      this.#bar = new SingleBar({ format, barsize, hideCursor: true }, Presets.rect);
      this.#bar.start(total, 0, { amount: '', rest: '', note: '' });
    }
    const note = Object.entries(metrics)
      .map(([name, value]) => ` ${name} ${value.toFixed(3)}`)
      .join('');
    this.#bar?.setTotal(total);
    const { amount, left } = this.#meter.read(event, Date.now());
    // Its own reckoning would count what an earlier run has done.
    const rest = left ? `${duration(left)} left` : '';
    this.#bar?.update(done, { amount, rest, note });
    if (done >= total) this.stop();
  }

  /** A line at the beginning and the end of a stage, and every ten seconds in between. */
  #print(event: ProgressEvent): void {
    const { stage, done, total } = event;
    const now = Date.now();
    const isFirst = this.#begins(event);
    if (!isFirst && done < total && now - this.#line < 10_000) return;
    this.#line = now;
    const { amount, left } = this.#meter.read(event, now);
    const rest = left ? `, ${duration(left)} left` : '';
    console.error(`${stage}: ${amount}${rest}`);
  }

  /** Whether an event is the first of a stage, which is then measured from here on. */
  #begins({ stage, done, total }: ProgressEvent): boolean {
    const isFirst = stage !== this.#stage || (this.#ended && done < total);
    this.#ended = done >= total;
    if (!isFirst) return false;
    this.#stage = stage;
    this.#meter = new PaceMeter(Date.now());
    return true;
  }
}
