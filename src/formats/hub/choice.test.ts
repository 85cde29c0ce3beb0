import { describe, expect, it } from 'vitest';
import { chooseFiles, settleChoice, type Choice, type JsonObject, type Layout } from './choice.ts';
import { classifierLayout, onnxLayout, pipelineLayout } from './layouts.ts';

/** Names below folders: `unet/{a,b}`. */
function listed(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .flatMap((word) => {
      const [, folder, names] = /^(.*)\{(.*)\}$/.exec(word) ?? [];
      return names === undefined ? [word] : names.split(',').map((name) => folder + name);
    });
}

/** timbrooks/instruct-pix2pix. */
const instructPix2Pix = listed(`
  .gitattributes README.md model_index.json
  instruct-pix2pix-00-22000.{ckpt,safetensors}
  feature_extractor/preprocessor_config.json
  safety_checker/{config.json,model.fp16.safetensors,model.safetensors,pytorch_model.bin}
  scheduler/scheduler_config.json
  text_encoder/{config.json,model.fp16.safetensors,model.safetensors,pytorch_model.bin}
  tokenizer/{merges.txt,special_tokens_map.json,tokenizer_config.json,vocab.json}
  unet/{config.json,diffusion_pytorch_model.bin,diffusion_pytorch_model.fp16.safetensors}
  unet/diffusion_pytorch_model.safetensors
  vae/{config.json,diffusion_pytorch_model.bin,diffusion_pytorch_model.fp16.safetensors}
  vae/diffusion_pytorch_model.safetensors
`);

/** stable-diffusion-v1-5/stable-diffusion-v1-5. */
const stableDiffusion15 = listed(`
  .gitattributes README.md model_index.json v1-inference.yaml
  v1-5-pruned.{ckpt,safetensors} v1-5-pruned-emaonly.{ckpt,safetensors}
  feature_extractor/preprocessor_config.json
  safety_checker/{config.json,model.fp16.safetensors,model.safetensors,pytorch_model.bin}
  safety_checker/pytorch_model.fp16.bin
  scheduler/scheduler_config.json
  text_encoder/{config.json,model.fp16.safetensors,model.safetensors,pytorch_model.bin}
  text_encoder/pytorch_model.fp16.bin
  tokenizer/{merges.txt,special_tokens_map.json,tokenizer_config.json,vocab.json}
  unet/{config.json,diffusion_pytorch_model.bin,diffusion_pytorch_model.fp16.bin}
  unet/{diffusion_pytorch_model.fp16.safetensors,diffusion_pytorch_model.non_ema.bin}
  unet/{diffusion_pytorch_model.non_ema.safetensors,diffusion_pytorch_model.safetensors}
  vae/{config.json,diffusion_pytorch_model.bin,diffusion_pytorch_model.fp16.bin}
  vae/{diffusion_pytorch_model.fp16.safetensors,diffusion_pytorch_model.safetensors}
`);

/** stabilityai/sd-turbo. */
const sdTurbo = listed(`
  .gitattributes LICENSE.md README.md model_index.json output_tile.jpg sd_turbo.safetensors
  scheduler/scheduler_config.json
  text_encoder/{config.json,model.fp16.safetensors,model.safetensors}
  tokenizer/{merges.txt,special_tokens_map.json,tokenizer_config.json,vocab.json}
  unet/{config.json,diffusion_pytorch_model.fp16.safetensors,diffusion_pytorch_model.safetensors}
  vae/{config.json,diffusion_pytorch_model.fp16.safetensors,diffusion_pytorch_model.safetensors}
`);

/** google/vit-base-patch16-224. */
const vit = listed(`
  .gitattributes README.md config.json flax_model.msgpack model.safetensors
  preprocessor_config.json pytorch_model.bin tf_model.h5
`);

const index = {
  _class_name: 'StableDiffusionInstructPix2PixPipeline',
  safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
  unet: ['diffusers', 'UNet2DConditionModel'],
};

const common = listed(`
  model_index.json scheduler/scheduler_config.json text_encoder/config.json
  tokenizer/{tokenizer_config.json,vocab.json,merges.txt} unet/config.json vae/config.json
`);
const half = listed(`
  text_encoder/model.fp16.safetensors unet/diffusion_pytorch_model.fp16.safetensors
  vae/diffusion_pytorch_model.fp16.safetensors
`);

function choose(
  layout: Layout,
  paths: readonly string[],
  documents: Record<string, JsonObject> = {},
  here: readonly string[] = [],
): Choice {
  const all = { [layout.document]: layout === pipelineLayout ? index : {}, ...documents };
  return chooseFiles(
    paths.map((path) => ({ path, isHere: here.includes(path) })),
    layout,
    new Map(Object.entries(all)),
  );
}

const sorted = (paths: readonly string[]): string[] => [...paths].sort();

describe('of a pipeline', () => {
  it.each([
    ['timbrooks/instruct-pix2pix', instructPix2Pix],
    ['stable-diffusion-v1-5', stableDiffusion15],
    ['sd-turbo', sdTurbo],
  ])('%s needs the parts that edit, in half precision', (_name, paths) => {
    const { files, ...rest } = choose(pipelineLayout, paths);
    expect(sorted(files)).toEqual(sorted([...common, ...half]));
    expect(rest).toEqual({ unread: [], missing: [], absent: ['modellock-editor.json'] });
  });

  it('full precision serves where there is no half, and torch files where there is nothing else', () => {
    const without = (...patterns: RegExp[]): string[] =>
      choose(
        pipelineLayout,
        stableDiffusion15.filter((path) => !patterns.some((pattern) => pattern.test(path))),
      )
        .files.filter((path) => path.startsWith('unet/') || path.startsWith('text_encoder/'))
        .filter((path) => !path.endsWith('.json'));
    expect(without(/fp16/)).toEqual([
      'text_encoder/model.safetensors',
      'unet/diffusion_pytorch_model.safetensors',
    ]);
    expect(without(/safetensors/)).toEqual([
      'text_encoder/pytorch_model.fp16.bin',
      'unet/diffusion_pytorch_model.fp16.bin',
    ]);
    expect(without(/safetensors/, /fp16/)).toEqual([
      'text_encoder/pytorch_model.bin',
      'unet/diffusion_pytorch_model.bin',
    ]);
  });

  it('our own settings, and second encoders that the index names, belong to it', () => {
    const paths = [
      ...sdTurbo,
      'modellock-editor.json',
      ...listed('text_encoder_2/{config.json,model.safetensors}'),
      ...listed('tokenizer_2/{tokenizer_config.json,tokenizer.json}'),
    ];
    const further = (more: JsonObject): string[] =>
      choose(pipelineLayout, paths, { 'model_index.json': { ...index, ...more } }).files.filter(
        (path) => path.includes('_2/') || path.startsWith('modellock'),
      );
    expect(further({})).toEqual(['modellock-editor.json']);
    expect(further({ text_encoder_2: [null, null] })).toEqual(['modellock-editor.json']);
    const second = { text_encoder_2: ['transformers', 'X'], tokenizer_2: ['transformers', 'Y'] };
    expect(sorted(further(second))).toEqual([
      'modellock-editor.json',
      'text_encoder_2/config.json',
      'text_encoder_2/model.safetensors',
      'tokenizer_2/tokenizer.json',
      'tokenizer_2/tokenizer_config.json',
    ]);
  });

  it('what lacks is said at once', () => {
    const paths = sdTurbo.filter((path) => !/^vae|tokenizer.vocab|scheduler_config/.test(path));
    expect(choose(pipelineLayout, paths).missing).toEqual([
      'scheduler/scheduler_config.json',
      'tokenizer/tokenizer.json',
      'vae/config.json',
      'file of weights in vae/ (.safetensors or .bin)',
    ]);
    expect(choose(pipelineLayout, vit).missing).toEqual(['model_index.json']);
  });

  it('what is in the cache already is not replaced by what would be smaller', () => {
    const here = instructPix2Pix.filter(
      (path) => path.startsWith('unet/') && !path.includes('fp16'),
    );
    const { files } = choose(pipelineLayout, instructPix2Pix, {}, here);
    expect(files).toContain('unet/diffusion_pytorch_model.safetensors');
    expect(files).not.toContain('unet/diffusion_pytorch_model.fp16.safetensors');
    expect(files).toContain('vae/diffusion_pytorch_model.fp16.safetensors');
  });
});

describe('of weights in shards', () => {
  const name = 'unet/diffusion_pytorch_model.safetensors.index.json';
  const shards = ['unet/diffusion-1-of-2.safetensors', 'unet/diffusion-2-of-2.safetensors'];
  const paths = [...sdTurbo.filter((path) => !/unet\/diff/.test(path)), name, ...shards];
  const map = {
    weight_map: {
      a: 'diffusion-1-of-2.safetensors',
      b: 'diffusion-2-of-2.safetensors',
      c: 'diffusion-1-of-2.safetensors',
    },
  };

  it('the index is read first, and names them', async () => {
    expect(choose(pipelineLayout, paths)).toMatchObject({ unread: [name], missing: [] });
    const read: string[] = [];
    const { files, unread, missing } = await settleChoice(
      paths.map((path) => ({ path, isHere: false })),
      pipelineLayout,
      (path) => {
        read.push(path);
        return Promise.resolve(path === name ? map : index);
      },
    );
    expect(read).toEqual(['model_index.json', name]);
    expect([unread, missing]).toEqual([[], []]);
    expect(files.filter((path) => path.startsWith('unet/'))).toEqual([
      'unet/config.json',
      name,
      ...shards,
    ]);
  });

  it('those with a shard that is not there do not serve', () => {
    const some = paths.filter((path) => path !== shards[1]);
    expect(choose(pipelineLayout, some, { [name]: map }).missing).toEqual([
      'file of weights in unet/ (.safetensors or .bin)',
    ]);
    const torch = [...some, 'unet/diffusion_pytorch_model.bin'];
    expect(choose(pipelineLayout, torch, { [name]: map }).files).toContain(torch.at(-1));
  });

  it.each(['../../x', '/etc/passwd', 'a\\b'])('the index may not name %j', (shard) => {
    const hostile = { weight_map: { a: shard } };
    expect(() => choose(pipelineLayout, paths, { [name]: hostile })).toThrow(
      `${name} lists a file of the name ${JSON.stringify(shard)}`,
    );
  });

  it('an index of something else is refused', () => {
    expect(() => choose(pipelineLayout, paths, { [name]: { weight_map: { a: 1 } } })).toThrow(
      `${name}: field "weight_map" is no map of file names`,
    );
  });
});

describe('of a classifier', () => {
  it('google/vit-base-patch16-224 needs three files', () => {
    expect(choose(classifierLayout, vit)).toEqual({
      files: ['config.json', 'preprocessor_config.json', 'model.safetensors'],
      unread: [],
      missing: [],
      absent: ['modellock.json'],
    });
  });

  it('full precision comes first, torch files last', () => {
    const weightsOf = (more: string): string | undefined =>
      choose(classifierLayout, listed(`config.json preprocessor_config.json ${more}`)).files[2];
    expect(weightsOf('model.fp16.safetensors model.safetensors')).toBe('model.safetensors');
    expect(weightsOf('model.fp16.safetensors pytorch_model.bin')).toBe('model.fp16.safetensors');
    expect(weightsOf('pytorch_model.bin flax_model.msgpack')).toBe('pytorch_model.bin');
  });

  it('a locked one has its manifest', () => {
    const bundle = listed(
      'config.json model.safetensors modellock.json onnx/model.onnx preprocessor_config.json',
    );
    expect(choose(classifierLayout, bundle).files).toEqual([
      'config.json',
      'preprocessor_config.json',
      'model.safetensors',
      'modellock.json',
    ]);
  });
});

describe('of a text classifier', () => {
  /** google-bert/bert-base-uncased. */
  const bert = listed(`
    .gitattributes LICENSE README.md config.json coreml/fill-mask/float32_model.mlpackage/Manifest.json
    flax_model.msgpack model.onnx model.safetensors pytorch_model.bin rust_model.ot tf_model.h5
    tokenizer.json tokenizer_config.json vocab.txt
  `);
  const without = (...names: string[]): readonly string[] =>
    choose(
      classifierLayout,
      bert.filter((name) => !names.includes(name)),
    ).files;

  it('it is the weights and the tokenizer', () => {
    expect(choose(classifierLayout, bert)).toEqual({
      files: ['config.json', 'tokenizer_config.json', 'tokenizer.json', 'model.safetensors'],
      unread: [],
      missing: [],
      absent: ['modellock.json'],
    });
  });

  it('the vocabulary does where there is no more', () => {
    expect(without('tokenizer.json')).toContain('vocab.txt');
    expect(without('tokenizer.json', 'tokenizer_config.json')).toEqual([
      'config.json',
      'vocab.txt',
      'model.safetensors',
    ]);
  });

  it('something must say how its input is made', () => {
    expect(choose(classifierLayout, listed('config.json model.safetensors')).missing).toEqual([
      'preprocessor_config.json or tokenizer',
    ]);
  });
});

it('of an ONNX repository it is the graph with its external weights', () => {
  const paths = listed(`
    config.json preprocessor_config.json quantize_config.json
    onnx/{model.onnx,model_fp16.onnx,model_quantized.onnx}
  `);
  const without = ['config.json', 'preprocessor_config.json', 'onnx/model.onnx'];
  expect(choose(onnxLayout, paths).files).toEqual(without);
  expect(sorted(choose(onnxLayout, [...paths, 'onnx/model.onnx_data']).files)).toEqual(
    sorted([...without, 'onnx/model.onnx_data']),
  );
});
