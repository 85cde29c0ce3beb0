import { ModelLockError } from '../index.ts';

const enter = new Set(['\r', '\n', '\u0004']);
const interrupt = '\u0003';
const erase = new Set(['\u007f', '\b']);
const eraseLine = '\u0015';
/** What keys without a letter send: arrows, Home, Delete and others. */
// oxlint-disable-next-line no-control-regex -- it is control characters that are looked for
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O.)?/g;

/** Asks on the terminal without showing what is typed. Throws `interrupted` on Ctrl-C. */
export function askHidden(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  // Before the question: what is typed at once must not be shown either.
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stderr.write(question);
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const finish = (): void => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.off('data', onData);
      signal.removeEventListener('abort', stop);
      stderr.write('\n');
    };
    const stop = (): void => {
      finish();
      reject(new ModelLockError('interrupted', 'interrupted'));
    };
    const onData = (data: string): void => {
      for (const letter of data.replaceAll(sequences, '')) {
        if (letter === interrupt) {
          stop();
          return;
        }
        if (enter.has(letter)) {
          finish();
          resolve(typed.join(''));
          return;
        }
        if (letter === eraseLine) typed = [];
        else if (erase.has(letter)) typed = typed.slice(0, -1);
        else if (letter >= ' ') typed.push(letter);
      }
    };
    signal.addEventListener('abort', stop);
    stdin.on('data', onData);
    stdin.resume();
  });
}
