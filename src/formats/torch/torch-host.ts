import { ModelLockError } from '../../base/error.ts';
import { entryOf } from '../../base/registry.ts';
import { elementOfDType, elementOfStorage, type ElementType } from './element-types.ts';
import { isInert } from './inert-classes.ts';
import { Global, Opaque, type PickleHost } from './pickle-machine.ts';

/** Bytes that tensors share, as a pickle of torch speaks of them. */
export interface TorchStorage {
  /** Its name in the file. */
  readonly key: string;
  readonly element: ElementType;
  /** In elements. */
  readonly length: number;
}

/** A tensor as a pickle of torch describes it; offset and strides are in its own elements. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly element: ElementType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(fields: Pick<TorchTensor, 'storage' | 'element' | 'offset' | 'shape' | 'strides'>) {
    this.storage = fields.storage;
    this.element = fields.element;
    this.offset = fields.offset;
    this.shape = fields.shape;
    this.strides = fields.strides;
  }
}

/** A storage from an element on; files before torch 1.6 know parts of storages as storages. */
class StorageView {
  readonly storage: TorchStorage;
  readonly offset: number;

  constructor(storage: TorchStorage, offset: number) {
    this.storage = storage;
    this.offset = offset;
  }
}

const rebuildFromType = 'torch._tensor._rebuild_from_type_v2';

type Make = (host: TorchHost, args: readonly unknown[]) => unknown;

/** What a pickle may call, and what that gives. Everything else of torch, and of Python, is refused. */
const callables: Readonly<Record<string, Make>> = {
  'torch._utils._rebuild_tensor': (host, args) => host.tensor(args),
  'torch._utils._rebuild_tensor_v2': (host, args) => host.tensor(args),
  // Of dtypes that have no class of storages; the dtype is the seventh argument.
  'torch._utils._rebuild_tensor_v3': (host, args) => host.tensor(args, args[6]),
  'torch._utils._rebuild_parameter': (_, [data]) => data,
  'torch._utils._rebuild_parameter_with_state': (_, [data]) => data,
  // A tensor with attributes: a function of this table, a type, its arguments, the attributes. It is
  // never its own function: with a list that holds itself as arguments, that would have no end.
  [rebuildFromType]: (host, [callee, , args]) =>
    callee instanceof Global && callee.name !== rebuildFromType && Array.isArray(args)
      ? host.call(callee.name, args)
      : host.fail('a tensor with attributes is not described as torch does it'),
  'torch.Size': (_, [sizes = []]) => sizes,
  'collections.OrderedDict': (host, [items = []]) => host.dict(items),
  'collections.defaultdict': () => new Map(),
};

/**
 * What pickles of torch may ask for: tensors, dicts, and objects of a few classes that stand beside
 * weights in checkpoints, of which nothing is kept.
 */
export class TorchHost implements PickleHost {
  /** By their keys, all that the pickle speaks of. */
  readonly storages = new Map<string, TorchStorage>();
  readonly #where: string;
  /** How many more entries dicts may be made of. */
  #entriesLeft = 0;

  constructor(where: string) {
    this.#where = where;
  }

  begin(bytes: number): void {
    this.#entriesLeft = bytes;
  }

  call(name: string, args: readonly unknown[]): unknown {
    const make = entryOf(callables, name);
    if (make) return make(this, args);
    if (isInert(name)) return new Opaque(name);
    throw new ModelLockError(
      'unsupported',
      `${this.#where} asks to run ${name}, and nothing is run; only files of tensors and plain values are read, such as torch.save(model.state_dict()) writes`,
    );
  }

  /** `('storage', class, key, device, length)`, and before torch 1.6 a view as the sixth. */
  persistent(id: unknown): StorageView {
    const [kind, type, key, , length, view = null] = Array.isArray(id) ? (id as unknown[]) : [];
    const element = type instanceof Global ? elementOfStorage(type.name) : undefined;
    if (kind !== 'storage' || !(type instanceof Global) || typeof key !== 'string') {
      return this.fail('it refers to something that is no storage');
    }
    if (!element) return this.fail(`it has a storage of the unknown class ${type.name}`);
    if (!isNatural(length)) return this.fail(`storage "${key}" has no valid length`);
    const storage = this.#known({ key, element, length });
    const [, offset] = view === null ? [key, 0] : Array.isArray(view) ? (view as unknown[]) : [];
    return isNatural(offset)
      ? new StorageView(storage, offset)
      : this.fail(`a view of storage "${key}" has no valid offset`);
  }

  /** Of `(storage, offset, shape, strides, ...)`. */
  tensor(args: readonly unknown[], dtype?: unknown): TorchTensor {
    const [base, offset, shape, strides] = args;
    if (!(base instanceof StorageView)) return this.fail('a tensor has no storage');
    const { key, element: stored } = base.storage;
    const element = dtype instanceof Global ? elementOfDType(dtype.name) : stored;
    if (!element) return this.fail(`a tensor of storage "${key}" has an unknown dtype`);
    if (!isNatural(offset) || !areNaturals(shape) || !areNaturals(strides)) {
      return this.fail(`a tensor of storage "${key}" has no valid shape`);
    }
    if (shape.length !== strides.length) {
      return this.fail(`a tensor of ${shape.length} axes has ${strides.length} strides`);
    }
    return new TorchTensor({
      storage: base.storage,
      element,
      offset: base.offset + offset,
      shape,
      strides,
    });
  }

  /**
   * Of keys and values in pairs. Each pair has taken bytes of the pickle, unless one list is made
   * into dicts over and over, which no program does.
   */
  dict(items: unknown): Map<unknown, unknown> {
    const pairs = Array.isArray(items) ? (items as unknown[]) : [undefined];
    this.#entriesLeft -= pairs.length;
    if (this.#entriesLeft < 0) return this.fail('its dicts have more entries than it has bytes');
    return new Map(
      pairs.map((pair) =>
        Array.isArray(pair) && pair.length === 2
          ? ([pair[0], pair[1]] as const)
          : this.fail('a dict is not made of pairs'),
      ),
    );
  }

  fail(what: string): never {
    throw new ModelLockError('corrupt', `${this.#where} is no valid torch file: ${what}`);
  }

  /** The first mention of a storage holds; another one must agree. */
  #known(storage: TorchStorage): TorchStorage {
    const known = this.storages.get(storage.key) ?? storage;
    if (known.element !== storage.element || known.length !== storage.length) {
      this.fail(`it describes storage "${storage.key}" in two ways`);
    }
    this.storages.set(storage.key, known);
    return known;
  }
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** More axes than torch has. */
const maxRank = 64;

function areNaturals(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= maxRank && value.every(isNatural);
}
