import { expect, it } from 'vitest';
import { graphOf } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { conv } from '../graph/ops/conv/ops.ts';
import { waves } from '../graph/testing/finite-differences.ts';
import { input, parameter } from '../graph/value.ts';
import { toNumbers } from '../tensor/tensor.ts';
import { requireDevice, type Device } from './device.ts';
import { Session } from './session.ts';

const graph = graphOf({ y: add(input('x', 'float32', [2]), input('x2', 'float32', [2])) });

it('names the devices there are, for one that the installed ONNX Runtime lacks', async () => {
  const lacking = process.platform === 'win32' ? 'coreml' : 'dml';
  const refusal = { code: 'unsupported', message: expect.stringMatching(/valid: cpu, /) as string };
  await expect(requireDevice(lacking)).rejects.toMatchObject(refusal);
  await expect(Session.create(graph, { device: lacking })).rejects.toMatchObject(refusal);
  await expect(requireDevice('cpu')).resolves.toBeUndefined();
});

const canUse = (device: Device): Promise<boolean> =>
  Session.create(graph, { device }).then(
    (session) => session.dispose().then(() => true),
    () => false,
  );

it.skipIf(!(await canUse('webgpu'))).each([3, 6, 8, 9])(
  'WebGPU and the processor agree on convolutions of %i channels',
  async (channels) => {
    const x = input('x', 'float32', [2, channels, 8, 8]);
    const y = conv(x, parameter('w', [4, channels, 3, 3]), undefined, { padding: 1 });
    const parameters = new Map([['w', waves([4, channels, 3, 3])]]);
    const results: number[][] = [];
    for (const device of ['cpu', 'webgpu'] as const) {
      const session = await Session.create(graphOf({ y }), { parameters, device });
      results.push(toNumbers((await session.run({ x: waves([2, channels, 8, 8], 2) })).y));
      await session.dispose();
    }
    const [plain, other] = results;
    expect(Math.max(...plain.map((value, i) => Math.abs(value - other[i])))).toBeLessThan(1e-4);
  },
);
