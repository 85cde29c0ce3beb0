"""Makes the LoRA files by which their reader is tested, and what merging them gives.

    python3 interop/lora_reference.py src/diffusion/lora/fixtures

The files have a layer for every weight of small networks, under each of the names that are about:
kohya's with the blocks of diffusers and with those of the original layout, peft's, and two older ones
of diffusers. Diffusers' own converters must bring all but peft's names back. expected.json has the
weights' shapes, the scale of each update, and for some what numpy adds to the weight.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from diffusers.loaders import lora_conversion_utils as official
from diffusers.utils import state_dict_utils
from safetensors.torch import save_file
from single_file_names import original_unet, with_prefix
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

RANK = 2
SHOWN = 13


def layers(model):
    """Every linear and convolutional layer: its weight's shape by the layer's name."""
    return {
        name.removesuffix(".weight"): tuple(value.shape)
        for name, value in model.items()
        if name.endswith(".weight") and value.ndim in (2, 4) and "embeddings" not in name
    }


def factors(shape, generator):
    """`down` [r, in, kh, kw] and `up` [out, r, 1, 1], or matrices."""
    out, *rest = shape
    draw = lambda *size: torch.randn(*size, generator=generator).half()  # noqa: E731
    return draw(RANK, *rest), draw(out, RANK, *[1 for _ in rest[1:]])


def delta(shape, down, up, scale):
    down, up = down.double().numpy(), up.double().numpy()
    return (scale * (up.reshape(shape[0], RANK) @ down.reshape(RANK, -1))).reshape(shape)


class Writer:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.generator = torch.Generator().manual_seed(0)
        self.expected = {}

    def write(self, file, components, key, alpha=None, metadata=None, scale=1.0):
        """`key(component, layer)` is the layer's name in the file with a `{}` for down or up."""
        state, wanted = {}, {}
        for component, shapes in components.items():
            wanted[component] = {}
            for i, (layer, shape) in enumerate(shapes.items()):
                down, up = factors(shape, self.generator)
                for kind, value in (("down", down), ("up", up)):
                    state[key(component, layer, kind)] = value
                if alpha is not None:
                    state[alpha(component, layer)] = torch.tensor(float(1 + i % 3)).half()
                    scale = (1 + i % 3) / RANK
                update = {"shape": list(shape), "scale": scale}
                # Some of each kind: all would be as large as the networks.
                if i % SHOWN == 0:
                    update["delta"] = np.float32(delta(shape, down, up, scale)).ravel().tolist()
                wanted[component][f"{layer}.weight"] = update
        save_file(state, self.folder / file, metadata)
        self.expected[file] = wanted
        return state

    def close(self):
        (self.folder / "expected.json").write_text(json.dumps(self.expected, indent=1) + "\n")


def unet(widths, attention, depth, linear, addition=None):
    cross = lambda block, yes: f"CrossAttn{block}" if yes else block  # noqa: E731
    extra = {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 2,
        "projection_class_embeddings_input_dim": addition,
    }
    with torch.device("meta"):
        return UNet2DConditionModel(
            block_out_channels=widths,
            down_block_types=[cross("DownBlock2D", yes) for yes in attention],
            up_block_types=[cross("UpBlock2D", yes) for yes in reversed(attention)],
            layers_per_block=1,
            transformer_layers_per_block=depth,
            cross_attention_dim=4,
            use_linear_projection=linear,
            attention_head_dim=2,
            norm_num_groups=2,
            **(extra if addition else {}),
        )


def text(cls):
    config = CLIPTextConfig(
        vocab_size=50000, hidden_size=4, intermediate_size=6, num_hidden_layers=1, num_attention_heads=1,
        projection_dim=3,
    )  # fmt: skip
    with torch.device("meta"):
        return layers(with_prefix(cls(config).state_dict()))


KOHYA_PREFIX = {"unet": "lora_unet_", "text_encoder": "lora_te_", "text_encoder_2": "lora_te2_"}


def kohya(component, layer, kind):
    return f"{KOHYA_PREFIX[component]}{layer.replace('.', '_')}.lora_{kind}.weight"


def kohya_alpha(component, layer):
    return f"{KOHYA_PREFIX[component]}{layer.replace('.', '_')}.alpha"


def official_layers(state, unet_config):
    """The names of layers that diffusers makes of a kohya file's, by component."""
    state = official._maybe_map_sgm_blocks_to_diffusers(dict(state), unet_config)
    converted, _ = official._convert_non_diffusers_lora_to_diffusers(state)
    result = {}
    for component in ("unet", "text_encoder", "text_encoder_2"):
        part = {k.removeprefix(f"{component}."): v for k, v in converted.items() if k.startswith(f"{component}.")}
        if component == "unet":
            part = state_dict_utils.convert_unet_state_dict_to_peft(part)
        elif part:
            part = state_dict_utils.convert_state_dict_to_peft(part)
        result[component] = {k.split(".lora_A")[0] for k in part if ".lora_A" in k}
    return result


def main(folder):
    out = Writer(folder)
    small = unet([4, 8], [True, False], 1, False)
    parts = {"unet": layers(small.state_dict()), "text_encoder": text(CLIPTextModel)}

    state = out.write("kohya.safetensors", parts, kohya, kohya_alpha)
    found = official_layers(state, small.config)
    for component, shapes in parts.items():
        assert found[component] == set(shapes), (component, found[component] ^ set(shapes))

    large = unet([4, 4, 8], [False, True, True], [1, 1, 2], True, addition=18)
    renamed = {
        new.removeprefix("model.diffusion_model.").removesuffix(".weight"): old.removesuffix(".weight")
        for (old, _), new in zip(large.state_dict().items(), original_unet(large))
    }
    original = {old: new for new, old in renamed.items()}
    parts = {"unet": layers(large.state_dict()), "text_encoder_2": text(CLIPTextModelWithProjection)}
    name = lambda component, layer: original.get(layer, layer) if component == "unet" else layer  # noqa: E731
    state = out.write(
        "kohya-original.safetensors",
        parts,
        lambda component, layer, kind: kohya(component, name(component, layer), kind),
        lambda component, layer: kohya_alpha(component, name(component, layer)),
    )
    # Diffusers does not know where the time embeddings of single blocks are; all else must agree.
    unknown = {layer for layer in parts["unet"] if "time_emb_proj" in layer}
    found = official_layers({k: v for k, v in state.items() if "emb_layers" not in k}, large.config)
    assert found["unet"] == set(parts["unet"]) - unknown, found["unet"] ^ set(parts["unet"])

    attention = {k: v for k, v in layers(small.state_dict()).items() if ".attn" in k}
    parts = {"unet": attention, "text_encoder": {k: v for k, v in text(CLIPTextModel).items() if "self_attn" in k}}
    peft = {"down": "lora_A", "up": "lora_B"}
    out.write(
        "peft.safetensors",
        parts,
        lambda component, layer, kind: f"{component}.{layer}.{peft[kind]}.weight",
        metadata={
            "format": "pt",
            "lora_adapter_metadata": json.dumps(
                {f"{component}.{k}": v for component in parts for k, v in {"r": RANK, "lora_alpha": 6}.items()}
            ),
        },
        scale=6 / RANK,
    )

    old = lambda layer: layer.replace("attn1", "attn1.processor").replace("attn2", "attn2.processor")  # noqa: E731
    text_old = {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out"}

    def old_key(component, layer, kind):
        layer = old(layer.removesuffix(".0"))
        for new, before in text_old.items():
            layer = layer.replace(new, before)
        return f"{component}.{layer}_lora.{kind}.weight"

    state = out.write("diffusers-2023.safetensors", parts, old_key)
    bare = {k.removeprefix("unet."): v for k, v in state.items() if k.startswith("unet.")}
    converted = state_dict_utils.convert_unet_state_dict_to_peft(bare)
    assert {k.split(".lora_A")[0] for k in converted if ".lora_A" in k} == set(attention)
    bare = {k.removeprefix("text_encoder."): v for k, v in state.items() if k.startswith("text_encoder.")}
    converted = state_dict_utils.convert_state_dict_to_peft(bare)
    assert {k.split(".lora_A")[0] for k in converted if ".lora_A" in k} == set(parts["text_encoder"])

    def newer_key(component, layer, kind):
        return f"{component}.{layer}.{'lora' if component == 'unet' else 'lora_linear_layer'}.{kind}.weight"

    out.write("diffusers-late-2023.safetensors", parts, newer_key)
    out.close()


if __name__ == "__main__":
    main(sys.argv[1])
