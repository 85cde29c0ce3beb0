import { readdirSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { faults, repositoryOf, startHub, type HubServer } from '../support/hub-server.ts';
import {
  command,
  hasFileLimits,
  modellock,
  startModellock,
  type RunOptions,
} from '../support/command-line.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** Models and editors of the hub: downloads, what interrupts them, and life without a connection. */

const pipeline = 'someone/tiny-pipeline';

let place: Workplace;
let hub: HubServer;
beforeAll(async () => {
  place = makeWorkplace({ train: 2, test: 1 });
  hub = await startHub({
    [pipeline]: repositoryOf(place.at('editor')),
    'someone/tiny-model': repositoryOf(place.at('model'), { access: 'gated' }),
  });
  const { code, stderr } = await run(command('edit photos/test --editor editor --out expected'));
  expect(code, stderr).toBe(0);
});
afterAll(async () => {
  await hub.close();
  place.remove();
});
beforeEach(() => {
  hub.faults.length = 0;
  hub.asked.length = 0;
  rmSync(place.at('hf'), { recursive: true, force: true });
});

const options = (env: Record<string, string> = {}): RunOptions => ({
  cwd: place.folder,
  key: 'with oil pastel',
  env: {
    HF_ENDPOINT: hub.endpoint,
    HF_HOME: place.at('hf'),
    HF_HUB_CACHE: '',
    HF_HUB_OFFLINE: '',
    HF_TOKEN: hub.token,
    ...env,
  },
});
const run = (args: readonly string[], env = {}): ReturnType<typeof modellock> =>
  modellock(args, options(env));
const edit = (out: string): string[] =>
  command(`edit photos/test --editor hf:${pipeline} --out`, out);

const blobs = ['hf', 'hub', 'models--someone--tiny-pipeline', 'blobs'] as const;
const partial = (): string | undefined =>
  readdirSync(place.at(...blobs)).find((name) => name.endsWith('.incomplete'));

/** Bytes of the file that is being downloaded. */
function partialSize(): number {
  const name = partial();
  const found =
    name === undefined ? undefined : statSync(place.at(...blobs, name), { throwIfNoEntry: false });
  return found?.size ?? 0;
}

/** Edits with the pipeline of the hub, which is the folder of the same files. */
async function expectEdited(out: string, env = {}): Promise<string> {
  const { code, stderr } = await run(edit(out), env);
  expect(code, stderr).toBe(0);
  expect(place.hashes(out)).toEqual(place.hashes('expected'));
  return stderr;
}

test('a download that is killed goes on when the job is run again, and then needs no network', async () => {
  hub.faults.push(faults.trickle(1000, 25));
  const { child, finished, heard } = startModellock(edit('edited'), options());
  await heard(/^download: .* of .* kB/m);
  await vi.waitUntil(() => partialSize() > 40_000, { timeout: 60_000, interval: 20 });
  child.kill('SIGKILL');
  expect((await finished).code).toBeNull();
  // Of the U-Net: no other file is as large.
  const size = partialSize();
  expect(size).toBeGreaterThan(40_000);

  hub.faults.length = 0;
  hub.asked.length = 0;
  const stderr = await expectEdited('edited');
  expect(stderr).toMatch(/^download: [\d.]+ kB of [\d.]+ kB/m);
  expect(partial()).toBeUndefined();
  expect(hub.asked.map(({ headers }) => headers.range)).toContain(`bytes=${size}-`);

  hub.asked.length = 0;
  await expectEdited('offline', { HF_HUB_OFFLINE: '1' });
  expect(hub.asked).toEqual([]);
  await expectEdited('unreachable', { HF_ENDPOINT: 'http://127.0.0.1:9' });
});

test('Ctrl-C in the middle of a download ends with code 130', async () => {
  hub.faults.push(faults.stall(1000));
  const { child, finished, heard } = startModellock(edit('stopped'), options());
  await heard(/^download: /m);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await finished;
  expect([code, stdout]).toEqual([130, '']);
  expect(stderr).toMatch(/\nmodellock: interrupted; run the same command again to go on\n$/);
});

test.skipIf(!hasFileLimits)(
  'a disk that has no room for it is an error, and the download goes on later',
  async () => {
    const { code, stderr } = await modellock(edit('full'), {
      ...options(),
      before: 'ulimit -f 100',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\nmodellock: cannot write [^\n]+\.incomplete: files may not become so large here\n$/,
    );
    expect(partialSize()).toBeGreaterThan(40_000);
    await expectEdited('full');
  },
);

test('two jobs that want the same editor at once both end well', async () => {
  hub.faults.push(faults.trickle(5000, 25));
  await Promise.all([expectEdited('one'), expectEdited('other')]);
  const contents = hub.asked.filter(({ server }) => server === 'content').map(({ path }) => path);
  expect(new Set(contents).size).toBe(contents.length);
});

test('a token opens what is gated, and is told to nobody else', async () => {
  const inspect = command('inspect hf:someone/tiny-model');
  const refused = await run(inspect, { HF_TOKEN: '' });
  expect(refused).toEqual({
    code: 1,
    stdout: '',
    stderr: `modellock: ${hub.endpoint} does not let strangers read someone/tiny-model (401): if the name is right, accept the conditions at ${hub.endpoint}/someone/tiny-model and set HF_TOKEN to a token of that account\n`,
  });
  const wrong = await run(inspect, { HF_TOKEN: 'hf_another' });
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).not.toContain('hf_another');

  hub.asked.length = 0;
  const { code, stdout, stderr } = await run(inspect);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^architecture +resnet$/m);
  expect(stdout + stderr).not.toContain(hub.token);
  const [atHub, atContent] = (['hub', 'content'] as const).map((server) =>
    hub.asked.filter((one) => one.server === server),
  );
  expect(atContent).toHaveLength(1);
  expect(JSON.stringify(atContent)).not.toContain(hub.token);
  for (const { headers } of atHub) expect(headers.authorization).toBe(`Bearer ${hub.token}`);
});

test('a lock names the commit of its editor, and opens with it when the branch has moved on', async () => {
  const [reference, newer] = ['someone/moving', 'd'.repeat(40)];
  const first = repositoryOf(place.at('editor'));
  hub.repositories.set(reference, first);
  const lock = command(
    `lock --data photos/train --model model --editor hf:${reference} --epochs 1 --out locked`,
  );
  const { code, stderr } = await run(lock);
  expect(code, stderr).toBe(0);
  const files = {
    ...first.files,
    'unet/diffusion_pytorch_model.safetensors':
      first.files['vae/diffusion_pytorch_model.safetensors'],
  };
  hub.repositories.set(reference, { files, commit: newer });
  hub.asked.length = 0;
  const picture = 'photos/test/lobster/000.jpg';
  const unlocked = await run(command(`predict locked ${picture} --unlock`));
  expect(unlocked.code, unlocked.stderr).toBe(0);
  expect(hub.asked).toEqual([]);
});

test('what is no editor is refused before its weights are downloaded', async () => {
  const { files } = repositoryOf(place.at('editor'));
  const index = new TextEncoder().encode('{"_class_name": "TextToSmell"}');
  hub.repositories.set('someone/smell', {
    commit: 'e'.repeat(40),
    files: { ...files, 'model_index.json': index },
  });
  const { code, stderr } = await run(
    command('edit photos/test --editor hf:someone/smell --out smell'),
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^modellock: hf:someone\/smell: model_index\.json: pipeline "TextToSmell" is no editor \(valid: [^\n]+\)\n$/,
  );
  expect(hub.asked.filter(({ server }) => server === 'content')).toEqual([]);
});
