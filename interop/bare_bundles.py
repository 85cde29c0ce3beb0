"""Checks that bundles of bare weights give their logits in transformers and timm.

    npx tsx interop/bare-bundles.ts /tmp/bundles && python3 interop/bare_bundles.py /tmp/bundles
"""

import pathlib
import sys

import torch
from safetensors.torch import load_file
from timm.models.vision_transformer import VisionTransformer
from transformers import AutoImageProcessor, AutoModelForImageClassification

FIXTURES = pathlib.Path(__file__).parent.parent / "src/nn/bare/fixtures"


def check(name, logits, wanted):
    difference = (logits - wanted).abs().max().item()
    print(f"{name:40} largest difference {difference:.1e}")
    assert difference < 1e-4


@torch.no_grad()
def main(folder):
    expected = load_file(FIXTURES / "expected.safetensors")
    for name in ("timm-vit", "deit-distilled"):
        model, loading = AutoModelForImageClassification.from_pretrained(folder / name, output_loading_info=True)
        assert not any(loading[problem] for problem in ("missing_keys", "unexpected_keys", "mismatched_keys")), loading
        check(f"transformers: {name}", model.eval()(expected[f"{name}.x"]).logits, expected[f"{name}.logits"])
        processor = AutoImageProcessor.from_pretrained(folder / name)
        pixels = processor(torch.zeros(3, 40, 30, dtype=torch.uint8), return_tensors="pt")["pixel_values"]
        assert pixels.shape == (1, 3, 16, 16), pixels.shape
    shape = dict(patch_size=4, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2, num_classes=3)
    mae = VisionTransformer(img_size=16, global_pool="avg", **shape).eval()
    mae.load_state_dict(load_file(folder / "mae-finetuned" / "model.safetensors"))
    check("timm: mae-finetuned", mae(expected["mae-finetuned.x"]), expected["mae-finetuned.logits"])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
