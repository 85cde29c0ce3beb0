"""Makes the list of names by which the reader of single-file checkpoints is tested.

    python3 interop/single_file_names.py [--full] | npx prettier --parser json > names.json

For small networks of each family (with --full: for those of Stable Diffusion 1.5, 2.1 and XL) it puts
diffusers' models into the layout of the original authors, lets diffusers' own converters bring that
back, and demands that its models load the result. Prints, as JSON, every case's original tensors and
the tensors of each component, name to shape, as src/diffusion/single-file/fixtures/names.json has it.
"""

import json
import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as official
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

RESNET = [
    ("norm1", "in_layers.0"), ("conv1", "in_layers.2"), ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"), ("time_emb_proj", "emb_layers.1"), ("conv_shortcut", "skip_connection"),
]  # fmt: skip
OUTER = [
    ("time_embedding.linear_1", "time_embed.0"), ("time_embedding.linear_2", "time_embed.2"),
    ("add_embedding.linear_1", "label_emb.0.0"), ("add_embedding.linear_2", "label_emb.0.2"),
    ("conv_in", "input_blocks.0.0"), ("conv_norm_out", "out.0"), ("conv_out", "out.2"),
]  # fmt: skip


def original_unet(model):
    """As scripts/convert_diffusers_to_original_stable_diffusion.py of diffusers numbers the blocks."""
    layers, levels = model.config.layers_per_block, len(model.config.block_out_channels)
    blocks = {"mid_block.attentions.0": "middle_block.1"}
    for i in range(levels):
        for j in range(layers):
            n = (layers + 1) * i + j + 1
            blocks[f"down_blocks.{i}.resnets.{j}"] = f"input_blocks.{n}.0"
            blocks[f"down_blocks.{i}.attentions.{j}"] = f"input_blocks.{n}.1"
        blocks[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{(layers + 1) * (i + 1)}.0.op"
        for j in range(layers + 1):
            n = (layers + 1) * i + j
            blocks[f"up_blocks.{i}.resnets.{j}"] = f"output_blocks.{n}.0"
            blocks[f"up_blocks.{i}.attentions.{j}"] = f"output_blocks.{n}.1"
        place = 1 if model.config.up_block_types[i] == "UpBlock2D" else 2
        blocks[f"up_blocks.{i}.upsamplers.0.conv"] = f"output_blocks.{(layers + 1) * (i + 1) - 1}.{place}.conv"
    for j in range(2):
        blocks[f"mid_block.resnets.{j}"] = f"middle_block.{2 * j}"
    result = {}
    for name, value in model.state_dict().items():
        to = name
        if ".resnets." in name:
            for ours, theirs in RESNET:
                to = to.replace(f".{ours}.", f".{theirs}.")
        for ours, theirs in [*OUTER, *blocks.items()]:
            if to.startswith(f"{ours}."):
                to = theirs + to[len(ours) :]
                break
        result[f"model.diffusion_model.{to}"] = value
    return result


def original_vae(model):
    levels = len(model.config.block_out_channels)
    attention = [
        ("group_norm.", "norm."), ("to_q.", "q."), ("to_k.", "k."), ("to_v.", "v."), ("to_out.0.", "proj_out."),
    ]  # fmt: skip
    result = {}
    for name, value in model.state_dict().items():
        to = name.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        for i in range(levels):
            to = to.replace(f"down_blocks.{i}.resnets.", f"down.{i}.block.")
            to = to.replace(f"down_blocks.{i}.downsamplers.0.", f"down.{i}.downsample.")
            to = to.replace(f"up_blocks.{i}.resnets.", f"up.{levels - 1 - i}.block.")
            to = to.replace(f"up_blocks.{i}.upsamplers.0.", f"up.{levels - 1 - i}.upsample.")
        to = to.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
        if "attentions" in to:
            to = to.replace("mid_block.attentions.0", "mid.attn_1")
            for ours, theirs in attention:
                to = to.replace(f".{ours}", f".{theirs}")
            if value.ndim == 2:
                value = value[:, :, None, None]
        result[f"first_stage_model.{to}"] = value
    return result


def with_prefix(state):
    """Names of transformers as published files have them, whatever this version calls them."""
    return {
        name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}": value
        for name, value in state.items()
        if not name.endswith("position_ids")
    }


def original_open_clip(model, prefix, unused_layer):
    layer = [
        ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
        ("mlp.fc2", "mlp.c_proj"), ("self_attn", "attn"), ("text_model.encoder.layers", "transformer.resblocks"),
        ("text_model.embeddings.token_embedding", "token_embedding"),
        ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
        ("text_model.final_layer_norm", "ln_final"),
    ]  # fmt: skip
    state = with_prefix(model.state_dict())
    result = {}
    for name, value in state.items():
        to = name
        for ours, theirs in layer:
            to = to.replace(ours, theirs)
        if ".q_proj." in to:
            value = torch.cat([state[name.replace("q_proj", f"{kind}_proj")] for kind in "qkv"])
            to = to.replace(".q_proj.", ".in_proj_")
        elif ".k_proj." in to or ".v_proj." in to:
            continue
        elif to == "text_projection.weight":
            to, value = "text_projection", value.T
        result[prefix + to] = value
    result[prefix + "logit_scale"] = torch.empty((), device="meta")
    if unused_layer is not None:
        last = f"{prefix}transformer.resblocks.{model.config.num_hidden_layers - 1}."
        for name in [name for name in result if name.startswith(last)]:
            result[name.replace(last, f"{prefix}transformer.resblocks.{unused_layer}.")] = result[name]
        width = model.config.hidden_size
        result[prefix + "text_projection"] = torch.empty(width, width, device="meta")
    return result


def shapes(state):
    return {name: "x".join(map(str, value.shape)) for name, value in state.items()}


def same(converted, model, what):
    wanted = model.state_dict() if not what.startswith("text") else with_prefix(model.state_dict())
    assert set(converted) == set(wanted), set(converted) ^ set(wanted)
    assert shapes(converted) == shapes({name: wanted[name] for name in converted}), what


def case(unet, vae, text, text_2=None, open_clip=False):
    with torch.device("meta"):
        unet_model = UNet2DConditionModel(**unet)
        vae_model = AutoencoderKL(**vae)
        text_model = CLIPTextModel(CLIPTextConfig(**text))
        text_2_model = CLIPTextModelWithProjection(CLIPTextConfig(**text_2)) if text_2 else None
    original = {**original_unet(unet_model), **original_vae(vae_model)}
    if open_clip:
        prefix = "cond_stage_model.model."
        original |= original_open_clip(text_model, prefix, unused_layer=23)
        converted_text = official.convert_open_clip_checkpoint(text_model, original, prefix)
    else:
        prefix = "conditioner.embedders.0.transformer." if text_2 else "cond_stage_model.transformer."
        original |= {prefix + name: value for name, value in with_prefix(text_model.state_dict()).items()}
        original[prefix + "text_model.embeddings.position_ids"] = torch.empty(1, 77, device="meta")
        converted_text = official.convert_ldm_clip_checkpoint(original)
        del converted_text["text_model.embeddings.position_ids"]
    components = {
        "unet": official.convert_ldm_unet_checkpoint(original, unet_model.config),
        "vae": official.convert_ldm_vae_checkpoint(original, vae_model.config),
        "text_encoder": converted_text,
    }
    same(components["unet"], unet_model, "unet")
    same(components["vae"], vae_model, "vae")
    same(components["text_encoder"], text_model, "text_encoder")
    if text_2_model is not None:
        prefix = "conditioner.embedders.1.model."
        original |= original_open_clip(text_2_model, prefix, unused_layer=None)
        components["text_encoder_2"] = official.convert_open_clip_checkpoint(text_2_model, original, prefix)
        same(components["text_encoder_2"], text_2_model, "text_encoder_2")
    return {
        "original": shapes(original),
        "components": {name: shapes(state) for name, state in components.items()},
        "configs": {"unet": unet, "vae": vae, "text_encoder": text, **({"text_encoder_2": text_2} if text_2 else {})},
    }


def unet(widths, attention, layers, text, linear, heads, depth, addition=None):
    cross = lambda block, yes: f"CrossAttn{block}" if yes else block  # noqa: E731
    config = {
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": widths,
        "down_block_types": [cross("DownBlock2D", yes) for yes in attention],
        "up_block_types": [cross("UpBlock2D", yes) for yes in reversed(attention)],
        "layers_per_block": layers,
        "transformer_layers_per_block": depth,
        "cross_attention_dim": text,
        "use_linear_projection": linear,
        "attention_head_dim": heads,
    }
    if addition:
        config |= {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": addition,
        }
    return config


def vae(widths, layers):
    levels = len(widths)
    return {
        "in_channels": 3,
        "out_channels": 3,
        "latent_channels": 4,
        "block_out_channels": widths,
        "down_block_types": ["DownEncoderBlock2D"] * levels,
        "up_block_types": ["UpDecoderBlock2D"] * levels,
        "layers_per_block": layers,
    }


def text(width, inside, layers, activation, projection=None, vocabulary=49408):
    config = {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": inside,
        "num_hidden_layers": layers,
        "num_attention_heads": width // 64,
        "max_position_embeddings": 77,
        "hidden_act": activation,
    }
    return config | ({"projection_dim": projection} if projection else {})


def small():
    return {
        "sd1": case(
            unet([64, 128], [True, False], 1, 64, False, 8, [1, 1]),
            vae([32, 64, 64], 1),
            text(64, 96, 1, "quick_gelu", vocabulary=50),
        ),
        "sd2": case(
            unet([64, 128], [True, False], 2, 128, True, [1, 2], [1, 1]),
            vae([32, 64], 1),
            text(128, 96, 2, "gelu", vocabulary=50),
            open_clip=True,
        ),
        "sdxl": case(
            unet([64, 64, 128], [False, True, True], 1, 192, True, [1, 1, 2], [1, 1, 2], 6 * 256 + 72),
            vae([32, 64], 2),
            text(64, 96, 1, "quick_gelu", vocabulary=50),
            text(128, 160, 2, "gelu", projection=72, vocabulary=50),
        ),
    }


def full():
    return {
        "sd1": case(
            unet([320, 640, 1280, 1280], [True, True, True, False], 2, 768, False, 8, [1, 1, 1, 1]),
            vae([128, 256, 512, 512], 2),
            text(768, 3072, 12, "quick_gelu"),
        ),
        "sd2": case(
            unet([320, 640, 1280, 1280], [True, True, True, False], 2, 1024, True, [5, 10, 20, 20], [1, 1, 1, 1]),
            vae([128, 256, 512, 512], 2),
            text(1024, 4096, 23, "gelu"),
            open_clip=True,
        ),
        "sdxl": case(
            unet([320, 640, 1280], [False, True, True], 2, 2048, True, [5, 10, 20], [1, 2, 10], 2816),
            vae([128, 256, 512, 512], 2),
            text(768, 3072, 12, "quick_gelu"),
            text(1280, 5120, 32, "gelu", projection=1280),
        ),
    }


if __name__ == "__main__":
    json.dump(full() if "--full" in sys.argv else small(), sys.stdout, indent=1)
