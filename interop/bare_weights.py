"""Makes the files of weights by which their reader is tested, and what the official networks compute.

    python3 interop/bare_weights.py src/nn/bare/fixtures

timm's own networks with random weights, in the files that timm, DeiT and MAE publish; ResNets for
CIFAR as their two common implementations have them. expected.safetensors has, for each run, the
pictures (NAME.x) and the logits or features (NAME.logits, NAME.features); runs at another size than
the weights' have positions that the official code interpolated.
"""

import argparse
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn
from torch import nn
from torch.nn import functional as F

SHAPE = dict(patch_size=4, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2, num_classes=3)


def randomised(model, seed):
    """Every weight random, norms and running statistics too, so that a missing term shows."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.state_dict().items():
        if not value.is_floating_point():
            continue
        noise = torch.randn(value.shape, generator=generator)
        positive = name.endswith("running_var")
        value.copy_(0.5 + noise.abs() if positive else 0.3 * noise + float(value.ndim == 1 and name.endswith("weight")))
    return model.eval()


def pictures(size, seed=7):
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(seed))


def mae_interpolated(weights, size, patch):
    """facebookresearch/mae, util/pos_embed.py: interpolate_pos_embed."""
    positions = weights["pos_embed"]
    width = positions.shape[-1]
    old, new = int((positions.shape[-2] - 1) ** 0.5), size // patch
    grid = positions[:, 1:].reshape(-1, old, old, width).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=False)
    return {**weights, "pos_embed": torch.cat((positions[:, :1], grid.permute(0, 2, 3, 1).flatten(1, 2)), dim=1)}


def sincos(width, grid_size):
    """facebookresearch/mae, util/pos_embed.py: get_2d_sincos_pos_embed, with a class token."""

    def axis(places):
        omega = 1.0 / 10000 ** (np.arange(width // 4, dtype=float) / (width / 4.0))
        out = np.einsum("m,d->md", places.reshape(-1), omega)
        return np.concatenate([np.sin(out), np.cos(out)], axis=1)

    grid = np.meshgrid(np.arange(grid_size, dtype=np.float32), np.arange(grid_size, dtype=np.float32))
    table = np.concatenate([axis(grid[0]), axis(grid[1])], axis=1)
    return torch.tensor(np.concatenate([np.zeros([1, width]), table]), dtype=torch.float32)[None]


class PaddedBlock(nn.Module):
    """akamaster/pytorch_resnet_cifar10, resnet.py: BasicBlock with option A."""

    def __init__(self, width, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.planes, self.pads = planes, stride != 1 or width != planes

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pads:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.planes // 4, self.planes // 4), "constant", 0)
        return F.relu(out + x)


class Bottleneck(nn.Module):
    """kuangliu/pytorch-cifar, models/resnet.py: Bottleneck."""

    def __init__(self, width, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, 4 * planes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or width != 4 * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(width, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes)
            )

    def forward(self, x):
        out = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(out)) + self.shortcut(x))


class CifarResNet(nn.Module):
    def __init__(self, block, expansion, planes, depths):
        super().__init__()
        self.conv1 = nn.Conv2d(3, planes[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes[0])
        width, self.stages = planes[0], len(planes)
        for stage, (out, depth) in enumerate(zip(planes, depths)):
            blocks = []
            for i in range(depth):
                blocks.append(block(width, out, 2 if stage > 0 and i == 0 else 1))
                width = out * expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.linear = nn.Linear(width, 3)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            out = getattr(self, f"layer{stage + 1}")(out)
        return self.linear(F.avg_pool2d(out, out.size()[3]).flatten(1))


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}

    def run(name, model, size):
        x = pictures(size)
        expected[f"{name}.x"] = x
        expected[f"{name}.logits"] = model(x)

    vit = randomised(VisionTransformer(img_size=16, **SHAPE), 1)
    save_file(vit.state_dict(), folder / "timm-vit.safetensors")
    run("timm-vit", vit, 16)
    for size in (12, 24):
        other = VisionTransformer(img_size=size, **SHAPE).eval()
        other.load_state_dict(checkpoint_filter_fn(vit.state_dict(), other))
        run(f"timm-vit-{size}", other, size)

    deit = randomised(VisionTransformerDistilled(img_size=16, **SHAPE), 2)
    torch.save({"model": deit.state_dict()}, folder / "deit-distilled.pth")
    run("deit-distilled", deit, 16)

    mae = randomised(VisionTransformer(img_size=16, global_pool="avg", **SHAPE), 3)
    torch.save({"model": mae.state_dict()}, folder / "mae-finetuned.pth")
    run("mae-finetuned", mae, 16)
    for size in (12, 24):
        other = VisionTransformer(img_size=size, global_pool="avg", **SHAPE).eval()
        other.load_state_dict(mae_interpolated(mae.state_dict(), size, 4))
        run(f"mae-finetuned-{size}", other, size)

    pretrained = randomised(VisionTransformer(img_size=16, **SHAPE), 4).state_dict()
    pretrained["pos_embed"] = sincos(16, 4)
    body = {name: value for name, value in pretrained.items() if not name.startswith("head.")}
    decoder = {"mask_token": torch.randn(1, 1, 8), "decoder_embed.weight": torch.randn(8, 16)}
    settings = {"epoch": 799, "args": argparse.Namespace(mask_ratio=0.75)}
    torch.save({"model": body, **settings}, folder / "mae-pretrained.pth")
    torch.save({"model": {**body, **decoder}, **settings}, folder / "mae-with-decoder.pth")
    # main_finetune.py loads such weights with strict=False: fc_norm is new, and norm is not used.
    tuned = VisionTransformer(img_size=16, global_pool="avg", **SHAPE).eval()
    tuned.load_state_dict({**body}, strict=False)
    expected["mae-pretrained.x"] = pictures(16)
    expected["mae-pretrained.features"] = tuned.forward_head(tuned.forward_features(pictures(16)), pre_logits=True)

    padded = randomised(CifarResNet(PaddedBlock, 1, [4, 8], [2, 1]), 5)
    parallel = {f"module.{name}": value for name, value in padded.state_dict().items()}
    torch.save({"state_dict": parallel, "best_prec1": 91.7}, folder / "cifar-padded.th")
    run("cifar-padded", padded, 16)
    projected = randomised(CifarResNet(Bottleneck, 4, [4, 8], [1, 2]), 6)
    torch.save({"net": projected.state_dict(), "acc": 93.0}, folder / "cifar-projected.pth")
    run("cifar-projected", projected, 16)

    save_file({name: value.contiguous() for name, value in expected.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    with torch.no_grad():
        main(pathlib.Path(sys.argv[1]))
