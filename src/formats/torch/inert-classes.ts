/**
 * Classes and functions whose calls give an object that is dropped: settings and states that
 * trainers keep beside weights. None of them is run.
 */
const inert: ReadonlySet<string> = new Set([
  ...['set', 'frozenset', 'bytearray', 'complex', 'slice', 'object'].flatMap((name) => [
    `builtins.${name}`,
    `__builtin__.${name}`,
  ]),
  '_codecs.encode',
  'argparse.Namespace',
  'types.SimpleNamespace',
  'collections.Counter',
  'collections.deque',
  'datetime.datetime',
  'datetime.timedelta',
  ...['PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath', 'Path'].flatMap((name) => [
    `pathlib.${name}`,
    `pathlib._local.${name}`,
  ]),
  'torch.device',
  // Numbers and arrays of numpy, by the names of its two major versions.
  'numpy.dtype',
  ...['scalar', '_reconstruct'].flatMap((name) => [
    `numpy.core.multiarray.${name}`,
    `numpy._core.multiarray.${name}`,
  ]),
  // Hyperparameters of Lightning's checkpoints.
  'pytorch_lightning.utilities.parsing.AttributeDict',
  'lightning.fabric.utilities.data.AttributeDict',
  'lightning_fabric.utilities.data.AttributeDict',
  'omegaconf.dictconfig.DictConfig',
  'omegaconf.listconfig.ListConfig',
  'omegaconf.base.ContainerMetadata',
  'omegaconf.base.Metadata',
  'omegaconf.nodes.AnyNode',
]);

export function isInert(name: string): boolean {
  return inert.has(name);
}
