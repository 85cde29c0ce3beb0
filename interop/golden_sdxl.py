"""What diffusers' Stable Diffusion XL pipelines compute, as golden cases.

    python3 interop/golden_sdxl.py OUT
    GOLDEN_DIR=OUT npm run test:golden

Each case is a tiny pipeline with random weights in a folder of its own below OUT/pipelines, with all
noise that the library drew, every step's latents and the final picture. Needs torch, diffusers,
transformers, safetensors and Pillow.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file

TOKENIZER = Path(__file__).parent.parent / "assets" / "pocket-editor" / "tokenizer"
SIZE = {"height": 32, "width": 48}
PROMPT = {"prompt": "with oil pastel", "num_inference_steps": 3}

CASES = {
    "sdxl": {
        "channels": 4,
        "runs": {
            "text2img": ("StableDiffusionXLPipeline", {"guidance_scale": 5.0, **SIZE}),
            "unguided": ("StableDiffusionXLPipeline", {"guidance_scale": 1.0, **SIZE}),
            "negative": ("StableDiffusionXLPipeline", {"guidance_scale": 3.0, "negative_prompt": "a photograph", **SIZE}),
            "img2img": ("StableDiffusionXLImg2ImgPipeline", {"guidance_scale": 5.0, "strength": 0.7}),
            "inpaint": ("StableDiffusionXLInpaintPipeline", {"guidance_scale": 5.0, "strength": 0.7, **SIZE}),
        },
    },
    "sdxl-inpaint": {
        "channels": 9,
        "runs": {
            "inpaint": ("StableDiffusionXLInpaintPipeline", {"guidance_scale": 5.0, "strength": 1.0, **SIZE}),
        },
    },
    "sdxl-instruct-pix2pix": {
        "channels": 8,
        "runs": {
            "guided": (
                "StableDiffusionXLInstructPix2PixPipeline",
                {"guidance_scale": 4.5, "image_guidance_scale": 1.5, **SIZE},
            ),
        },
    },
}


def text_encoder(cls, width, vocabulary, projection=512):
    config = transformers.CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=4,
        projection_dim=projection,
        hidden_act="gelu" if cls is transformers.CLIPTextModelWithProjection else "quick_gelu",
        eos_token_id=vocabulary - 1,
    )
    return cls(config)


def randomise(model):
    """Norms and biases too: whatever is left out would not show otherwise."""
    for parameter in model.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn_like(parameter)
    return model.eval()


def parts_of(channels):
    torch.manual_seed(0)
    tokenizer = transformers.CLIPTokenizer.from_pretrained(TOKENIZER)
    first = text_encoder(transformers.CLIPTextModel, 24, len(tokenizer))
    second = text_encoder(transformers.CLIPTextModelWithProjection, 32, len(tokenizer), 16)
    unet = diffusers.UNet2DConditionModel(
        in_channels=channels,
        out_channels=4,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        attention_head_dim=(2, 4),
        transformer_layers_per_block=(1, 2),
        cross_attention_dim=24 + 32,
        norm_num_groups=8,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16 + 6 * 8,
    )
    vae = diffusers.AutoencoderKL(
        block_out_channels=(8, 16),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=4,
        latent_channels=4,
        scaling_factor=0.13025,
    )
    for model in (first, second, unet, vae):
        randomise(model)
    return {
        "tokenizer": tokenizer,
        "tokenizer_2": tokenizer,
        "text_encoder": first,
        "text_encoder_2": second,
        "unet": unet,
        "vae": vae,
        "scheduler": diffusers.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
    }


class Draws:
    """Records all noise that diffusers draws."""

    def __init__(self):
        self.noise = []
        from diffusers.utils.torch_utils import randn_tensor

        def recorded(*args, **kwargs):
            self.noise.append(randn_tensor(*args, **kwargs))
            return self.noise[-1]

        for name, module in list(sys.modules.items()):
            if name.startswith("diffusers.") and "randn_tensor" in getattr(module, "__dict__", {}):
                module.randn_tensor = recorded


def run(name, pipeline_class, parts, arguments, folder, draws, tensors):
    cls = getattr(diffusers, pipeline_class)
    given = dict(parts)
    pipeline = cls(**given) if "Instruct" in pipeline_class else cls(**given, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    draws.noise = []
    calls, latents = [], []
    forward = parts["unet"].forward

    def listening(sample, timestep, encoder_hidden_states, **more):
        result = forward(sample, timestep, encoder_hidden_states=encoder_hidden_states, **more)
        calls.append((sample, float(timestep), encoder_hidden_states, result[0]))
        return result

    parts["unet"].forward = listening
    step = parts["scheduler"].step

    def stepping(*args, **kwargs):
        result = step(*args, **kwargs)
        latents.append(result[0])
        return result

    parts["scheduler"].step = stepping
    info = {"pipeline": pipeline_class, "seeds": [0], "scheduler": "scheduler", "arguments": {**PROMPT, **arguments}}
    pictures = {}
    rng = np.random.default_rng(1)
    if not name.startswith(("text2img", "unguided", "negative")):
        pictures["image"] = Image.fromarray(rng.integers(0, 256, (32, 48, 3), dtype=np.uint8))
    if "inpaint" in name:
        mask = np.zeros((32, 48), dtype=np.uint8)
        mask[8:24, 24:40] = 255
        pictures["mask_image"] = Image.fromarray(mask)
    for key, picture in pictures.items():
        info[key] = f"{name}.{key}.png"
        picture.save(folder / info[key])
    with torch.inference_mode():
        output = pipeline(
            **PROMPT, **arguments, **pictures, generator=torch.manual_seed(0), output_type="pt"
        ).images
    parts["unet"].forward, parts["scheduler"].step = forward, step
    info["noise_drawn_by"] = [f"draw {i}" for i in range(len(draws.noise))]
    for i, noise in enumerate(draws.noise):
        tensors[f"{name}.noise.{i}"] = noise
    tensors[f"{name}.timesteps"] = torch.tensor([call[1] for call in calls])
    tensors[f"{name}.encoder_hidden_states"] = calls[0][2]
    for i, (sample, _, _, predicted) in enumerate(calls):
        tensors[f"{name}.step{i}.unet_in"] = sample
        tensors[f"{name}.step{i}.unet_out"] = predicted
    if not ("inpaint" in name and parts["unet"].config.in_channels == 4):
        for i, after in enumerate(latents):
            tensors[f"{name}.step{i}.latents"] = after
    images = output.permute(0, 2, 3, 1)
    tensors[f"{name}.images"] = images
    for i, image in enumerate(images):
        Image.fromarray((image.numpy() * 255).round().astype(np.uint8)).save(folder / f"{name}.out{i}.png")
    return info


def main(out):
    draws = Draws()
    for case, about in CASES.items():
        folder = Path(out) / "pipelines" / case
        folder.mkdir(parents=True, exist_ok=True)
        parts = parts_of(about["channels"])
        first, _ = next(iter(about["runs"].values()))
        getattr(diffusers, first)(**parts).save_pretrained(folder)
        tensors, runs = {}, {}
        for name, (pipeline_class, arguments) in about["runs"].items():
            runs[name] = run(name, pipeline_class, parts, arguments, folder, draws, tensors)
        save_file({k: t.contiguous().float() for k, t in tensors.items()}, folder / "io.safetensors")
        information = {
            "case": f"pipelines/{case}",
            "class": f"diffusers.{first}",
            "versions": {name: importlib.metadata.version(name) for name in ("torch", "diffusers", "transformers")},
            "tolerance": {"rtol": 1e-4, "atol": 1e-3},
            "runs": runs,
        }
        (folder / "case.json").write_text(json.dumps(information, indent=1))


main(sys.argv[1])
