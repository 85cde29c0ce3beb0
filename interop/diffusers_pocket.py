"""Edits images with the official diffusers library and compares them with modellock's.

    python3 interop/diffusers_pocket.py EDITOR JOB.safetensors

EDITOR is a diffusers folder of a StableDiffusionInstructPix2PixPipeline, such as assets/pocket-editor.
JOB holds what modellock edited and what came out:

    image.I    uint8 [height, width, 3]
    edited.I   uint8 [height, width, 3]
    noise.I.K  float32 [1, channels, height, width], the K-th draw of the edit of image I

and, in its metadata, `prompt`, `steps`, `guidance`, `imageGuidance`, `alpha`, `multiple` (images are
continued by reflection to a multiple of it). Prints one JSON document; exits with 1 where a pixel
differs by more than one grey level.
"""

import json
import sys

import numpy as np
import torch
from diffusers import StableDiffusionInstructPix2PixPipeline
from PIL import Image
from safetensors import safe_open

LARGEST_DIFFERENCE = 1


def replay(draws):
    """Makes the library draw the recorded noise, wherever it draws."""
    remaining = iter(draws)

    def recorded(shape, **_):
        noise = next(remaining)
        assert tuple(noise.shape) == tuple(shape), f"noise {tuple(noise.shape)}, wanted {shape}"
        return noise

    for name, module in list(sys.modules.items()):
        if name.startswith("diffusers") and "randn_tensor" in getattr(module, "__dict__", {}):
            module.randn_tensor = recorded
    return remaining


def edit(pipeline, image, draws, options):
    height, width, _ = image.shape
    multiple = int(options["multiple"])
    padded = np.pad(image, ((0, -height % multiple), (0, -width % multiple), (0, 0)), mode="reflect")
    remaining = replay(draws)
    edited = pipeline(
        prompt=options["prompt"],
        image=Image.fromarray(padded),
        num_inference_steps=int(options["steps"]),
        guidance_scale=float(options["guidance"]),
        image_guidance_scale=float(options["imageGuidance"]),
    ).images[0]
    assert next(remaining, None) is None, "modellock drew more noise than diffusers"
    edited = np.asarray(edited)[:height, :width].astype(np.float64)
    alpha = float(options["alpha"])
    return np.floor((1 - alpha) * image + alpha * edited + 0.5)


def main(folder, job):
    torch.set_grad_enabled(False)
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        folder, torch_dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    with safe_open(job, "pt") as file:
        options = file.metadata()
        names = set(file.keys())
        differences = []
        for i in range(sum(name.startswith("image.") for name in names)):
            count = sum(name.startswith(f"noise.{i}.") for name in names)
            draws = [file.get_tensor(f"noise.{i}.{k}") for k in range(count)]
            ours = file.get_tensor(f"edited.{i}").numpy().astype(np.float64)
            theirs = edit(pipeline, file.get_tensor(f"image.{i}").numpy(), draws, options)
            differences.append(np.abs(ours - theirs))
    largest = max(float(d.max()) for d in differences)
    print(
        json.dumps(
            {
                "images": len(differences),
                "largest": largest,
                "differing": float(np.mean([np.mean(d > 0) for d in differences])),
            }
        )
    )
    return 0 if largest <= LARGEST_DIFFERENCE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
