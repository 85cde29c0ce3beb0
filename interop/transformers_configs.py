"""Writes transformers' classifiers of many configurations, with what they compute.

    python3 interop/transformers_configs.py OUT [N]
    npx tsx interop/transformers-configs.ts OUT

N (default 12) configurations of each class that modellock reads, drawn from what the class's options may be, all tiny and with
random weights, norms and biases too. OUT gets CLASS-I/config.json and model.safetensors as `save_pretrained` writes them, and
CLASS-I/computed.safetensors: the inputs, and the logits. What a class itself cannot compute is drawn again.
Needs torch and transformers.
"""

import random
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

CHOICES = random.Random(0)
one_of = CHOICES.choice
ACTIVATIONS = [
    "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "gelu_fast",
    "gelu_10", "gelu_accurate", "gelu_python", "leaky_relu", "linear", "relu2", "mish", "hardswish"]


def labels():
    return {"num_labels": one_of([2, 3, 10])}


def widths(heads, per_head, depth):
    return {
        "hidden_size": heads * per_head,
        "num_attention_heads": heads,
        "num_hidden_layers": depth,
        "intermediate_size": one_of([16, 24, 50]),
    }


def patches():
    return {
        "image_size": one_of([16, 24, 32]),
        "patch_size": one_of([4, 8]),
        "num_channels": one_of([1, 3]),
        "qkv_bias": one_of([True, False]),
        "hidden_act": one_of(ACTIVATIONS),
        "layer_norm_eps": one_of([1e-12, 1e-6, 1e-3]),
        **widths(one_of([1, 2, 4]), one_of([4, 8]), one_of([1, 3])),
    }


def swin():
    stages = one_of([1, 2, 3])
    return {
        "image_size": one_of([32, 40, 64]),
        "patch_size": one_of([2, 4]),
        "num_channels": one_of([1, 3]),
        "embed_dim": 8,
        "depths": [one_of([1, 2, 3]) for _ in range(stages)],
        "num_heads": [one_of([1, 2, 4]) for _ in range(stages)],
        "window_size": one_of([2, 3, 4, 7]),
        "mlp_ratio": one_of([1.5, 2.0, 4.0]),
        "qkv_bias": one_of([True, False]),
        "hidden_act": one_of(ACTIVATIONS),
        "layer_norm_eps": one_of([1e-5, 1e-3]),
        "use_absolute_embeddings": one_of([False, False, True]),
    }


def stages(count=None):
    count = count or one_of([1, 2, 4])
    return {
        "hidden_sizes": [one_of([8, 16, 24]) for _ in range(count)],
        "depths": [one_of([1, 2]) for _ in range(count)],
    }


def convnext():
    sizes = stages()
    return {
        **sizes,
        "num_stages": len(sizes["depths"]),
        "image_size": one_of([32, 64, 75]),
        "patch_size": one_of([2, 4]),
        "num_channels": one_of([1, 3]),
        "hidden_act": one_of(ACTIVATIONS),
        "layer_norm_eps": one_of([1e-12, 1e-3]),
        "layer_scale_init_value": one_of([0.0, 1e-6, 0.5]),
    }


def resnet():
    return {
        **stages(),
        "image_size": one_of([32, 45, 64]),
        "num_channels": one_of([1, 3]),
        "embedding_size": one_of([8, 16]),
        "layer_type": one_of(["basic", "bottleneck"]),
        "hidden_act": one_of(["relu", "gelu", "silu"]),
        "downsample_in_first_stage": one_of([True, False]),
        "downsample_in_bottleneck": one_of([True, False]),
    }


def mobilenet_v2():
    return {
        "image_size": one_of([32, 64, 75, 96]),
        "num_channels": one_of([1, 3]),
        "depth_multiplier": one_of([0.35, 0.5, 0.75, 1.0, 1.3]),
        "depth_divisible_by": one_of([4, 8]),
        "min_depth": one_of([4, 8, 16]),
        "expand_ratio": one_of([1.0, 2.0, 6.0]),
        "output_stride": one_of([8, 16, 32]),
        "first_layer_is_expansion": one_of([True, False]),
        "finegrained_output": one_of([True, False]),
        "hidden_act": one_of(["relu6", "relu", "silu"]),
        "tf_padding": one_of([True, False]),
        "layer_norm_eps": one_of([1e-3, 1e-5]),
    }


def segformer():
    count = one_of([2, 3, 4])
    return {
        "image_size": one_of([32, 64, 96]),
        "num_channels": one_of([1, 3]),
        "num_encoder_blocks": count,
        "depths": [one_of([1, 2]) for _ in range(count)],
        "sr_ratios": [one_of([1, 2, 4]) for _ in range(count)],
        "hidden_sizes": [one_of([8, 16]) for _ in range(count)],
        "patch_sizes": [one_of([3, 5, 7]) for _ in range(count)],
        "strides": [one_of([2, 4]), *[one_of([1, 2]) for _ in range(count - 1)]],
        "num_attention_heads": [one_of([1, 2, 4]) for _ in range(count)],
        "mlp_ratios": [one_of([1, 2, 4]) for _ in range(count)],
        "hidden_act": one_of(ACTIVATIONS),
        "layer_norm_eps": one_of([1e-6, 1e-3]),
        "decoder_hidden_size": one_of([8, 12]),
        "reshape_last_stage": one_of([True, True, False]),
    }


def bert():
    return {
        "vocab_size": 40,
        "max_position_embeddings": 24,
        "type_vocab_size": one_of([1, 2, 3]),
        "hidden_act": one_of(ACTIVATIONS),
        "layer_norm_eps": one_of([1e-12, 1e-3]),
        **widths(one_of([1, 2, 4]), one_of([4, 8]), one_of([1, 3])),
    }


def distilbert():
    heads = one_of([1, 2, 4])
    return {
        "vocab_size": 40,
        "max_position_embeddings": 24,
        "sinusoidal_pos_embds": one_of([True, False]),
        "dim": heads * one_of([4, 8]),
        "n_heads": heads,
        "n_layers": one_of([1, 3]),
        "hidden_dim": one_of([16, 50]),
        "activation": one_of(["gelu", "relu"]),
    }


CLASSES = {
    "ViTForImageClassification": patches,
    "DeiTForImageClassification": patches,
    "DeiTForImageClassificationWithTeacher": patches,
    "SwinForImageClassification": swin,
    "ConvNextForImageClassification": convnext,
    "ResNetForImageClassification": resnet,
    "MobileNetV2ForImageClassification": mobilenet_v2,
    "SegformerForImageClassification": segformer,
    "SegformerForSemanticSegmentation": segformer,
    "BertForSequenceClassification": bert,
    "DistilBertForSequenceClassification": distilbert,
}


def unsettle(model):
    """Makes every term count: fresh models have biases of zero, scales of one and layer scales of next to nothing."""
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            else:
                tensor.mul_(2).add_(0.1 * torch.randn_like(tensor))


def inputs_of(config):
    if not hasattr(config, "vocab_size"):
        side = config.image_size
        return {"pixel_values": torch.randn(2, config.num_channels, side, side)}
    mask = torch.ones(2, 11, dtype=torch.int64)
    mask[1, 7:] = 0
    texts = {"input_ids": torch.randint(1, 40, (2, 11)), "attention_mask": mask}
    return texts


def write(name, draw, folder):
    cls = getattr(transformers, name)
    for _ in range(20):
        config = cls.config_class(**draw(), **labels())
        try:
            model = cls(config).eval()
            unsettle(model)
            inputs = inputs_of(config)
            with torch.no_grad():
                logits = model(**inputs).logits
        except Exception:  # such as a width that the heads do not divide
            continue
        if not torch.isfinite(logits).all():
            continue
        model.save_pretrained(folder)
        save_file({**inputs, "logits": logits.contiguous()}, folder / "computed.safetensors")
        return
    raise SystemExit(f"{name}: no configuration that can be computed was drawn")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    out, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12
    for name, draw in CLASSES.items():
        for i in range(count):
            write(name, draw, out / f"{name}-{i}")
        print(f"{name}: {count}", flush=True)


if __name__ == "__main__":
    main()
