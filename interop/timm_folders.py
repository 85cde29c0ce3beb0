"""Writes folders of timm, with what timm computes, of each of its architectures whose name may be one that modellock reads.

    python3 interop/timm_folders.py OUT
    npx tsx interop/timm-folders.ts OUT

Two blocks of 128 or two layers of each: what an architecture has of its own stays, its size does not. All weights are random. OUT gets
NAME/config.json and model.safetensors as timm writes them for the hub, and NAME/computed.safetensors: `x`, and `logits`.
Needs torch, timm and huggingface_hub.
"""

import re
import sys
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from timm.models import save_for_hf

# All others are refused by their names.
NAMES = [name for name in timm.list_models() if re.match(r"vit_|deit|resnet\d", name)]
RESNETS = set(timm.list_models(module="resnet"))
SMALL = {"embed_dim": 128, "depth": 2, "num_heads": 2}


def made(name):
    """A small network of that name, and the side of its pictures."""
    if name in RESNETS:
        # Deeper stages are more of the same.
        return timm.create_model(name, num_classes=3, layers=(1, 1, 1, 2)), 64
    patch = 14 if "patch14" in name else 32 if "patch32" in name else 8 if "patch8" in name else 16
    return timm.create_model(name, num_classes=3, img_size=4 * patch, **SMALL), 4 * patch


def unsettle(network):
    with torch.no_grad():
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            else:
                tensor.mul_(1.5).add_(0.05 * torch.randn_like(tensor))


def write(name, out):
    network, side = made(name)
    network.eval()
    unsettle(network)
    network.pretrained_cfg["input_size"] = (3, side, side)
    x = torch.randn(2, 3, side, side)
    with torch.no_grad():
        logits = network(x)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    save_for_hf(network, folder, safe_serialization=True)
    save_file({"x": x, "logits": logits.contiguous()}, folder / "computed.safetensors")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    torch.manual_seed(0)
    for name in NAMES:
        try:
            write(name, Path(sys.argv[1]))
        except Exception as error:  # such as sizes that an architecture has fixed
            print(f"{name}: not written, {type(error).__name__}: {str(error)[:100]}", flush=True)


if __name__ == "__main__":
    main()
