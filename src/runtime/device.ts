import { ModelLockError, messageOf } from '../base/error.ts';
import { loadOrt } from './ort.ts';

/** What a session may run on; all but the processor through ONNX Runtime's execution providers. */
export const devices = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const;
export type Device = (typeof devices)[number];

/** Devices that the installed ONNX Runtime was built for; their drivers may still be missing. */
async function supportedDevices(): Promise<readonly Device[]> {
  const { listSupportedBackends } = await loadOrt();
  const names = listSupportedBackends().map(({ name }) => name);
  return devices.filter((device) => names.includes(device));
}

/** Throws `unsupported`, with those that it has, for a device that this ONNX Runtime lacks. */
export async function requireDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const valid = await supportedDevices();
  if (valid.includes(device)) return;
  throw new ModelLockError('unsupported', `the installed ONNX Runtime has no device ${device}`, {
    valid,
  });
}

/** A session could not be made on a device that ONNX Runtime has. */
export async function deviceError(device: Device, error: unknown): Promise<ModelLockError> {
  const [reason] = messageOf(error).trim().split('\n');
  return new ModelLockError('unsupported', `the device ${device} cannot be used: ${reason}`, {
    valid: (await supportedDevices()).filter((other) => other !== device),
    cause: error,
  });
}
