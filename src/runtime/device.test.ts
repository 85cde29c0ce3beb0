import { expect, it } from 'vitest';
import { graphOf } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { input } from '../graph/value.ts';
import { requireDevice } from './device.ts';
import { Session } from './session.ts';

const graph = graphOf({ y: add(input('x', 'float32', [2]), input('x2', 'float32', [2])) });

it('names the devices there are, for one that the installed ONNX Runtime lacks', async () => {
  const lacking = process.platform === 'win32' ? 'coreml' : 'dml';
  const refusal = { code: 'unsupported', message: expect.stringMatching(/valid: cpu, /) as string };
  await expect(requireDevice(lacking)).rejects.toMatchObject(refusal);
  await expect(Session.create(graph, { device: lacking })).rejects.toMatchObject(refusal);
  await expect(requireDevice('cpu')).resolves.toBeUndefined();
});
