"""Exports networks of several libraries as ONNX, by both exporters of PyTorch, with what they compute.

    python3 interop/onnx_exports.py OUT [NAME...]
    npx tsx interop/onnx-exports.ts OUT

One network of each family of timm, torchvision's own (`torchvision.NAME`), segmenters of segmentation_models_pytorch
(`smp.NAME`), and some of MONAI (`monai.NAME`), all for 10 classes, in evaluation mode and with random weights. OUT gets NAME.dynamo.onnx and NAME.legacy.onnx, with a batch of any size, and
NAME.safetensors: `x`, two pictures; `logits`; `loss`, the cross-entropy of classes 3 and 7 (of maps: of their mean); `dx`, its
gradient. A network that is there already is passed over. Needs torch, torchvision, timm, onnx, onnxscript and safetensors; the other two for
their own.
"""

import logging
import sys
import warnings
from pathlib import Path

import timm
import torch
import torchvision
from safetensors.torch import save_file

FAMILIES = """
    bat_resnext26ts repvgg_a0 cait_xxs24_224 coat_lite_tiny convit_tiny convnextv2_atto crossvit_tiny_240 cspresnet50 davit_tiny
    densenet121 dla46_c edgenext_xx_small efficientformerv2_s0 efficientnet_b0 efficientvit_b0 efficientvit_m0
    eva02_tiny_patch14_224 fasternet_t0 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny ghostnet_050 ghostnetv2_100 hgnetv2_b0
    hiera_tiny_224 inception_next_atto levit_128s mambaout_femto maxvit_rmlp_pico_rw_256 coatnet_pico_rw_224 poolformer_s12
    caformer_s18 mixer_s32_224 gmlp_ti16_224 resmlp_12_224 mobilenetv3_small_050 mobilenetv4_hybrid_medium mobilevit_xxs
    mobilevitv2_050 mvitv2_tiny nest_tiny nfnet_l0 pit_ti_224 pvt_v2_b0 regnetx_002 regnety_002 repvit_m0_9 resnest14d resnet10t
    ecaresnet26t rexnet_100 skresnet18 starnet_s050 swiftformer_xs swin_tiny_patch4_window7_224 swinv2_tiny_window8_256
    tiny_vit_5m_224 tnt_s_legacy_patch16_224 twins_svt_small visformer_tiny vit_tiny_patch16_224 vit_tiny_r_s16_p8_224
    vit_relpos_small_patch16_224 vitamin_small_224 xcit_nano_12_p16_224 shvit_s1 tinynet_e mixnet_s
    torchvision.alexnet torchvision.convnext_tiny torchvision.googlenet torchvision.maxvit_t torchvision.mnasnet0_5
    torchvision.mobilenet_v3_small torchvision.regnet_y_400mf torchvision.shufflenet_v2_x0_5 torchvision.squeezenet1_1
    torchvision.swin_t torchvision.swin_v2_t torchvision.vit_b_32
    torchvision.deeplabv3_mobilenet_v3_large torchvision.lraspp_mobilenet_v3_large
    smp.Unet smp.UnetPlusPlus smp.MAnet smp.Linknet smp.PSPNet smp.DeepLabV3 smp.DeepLabV3Plus smp.UPerNet smp.Segformer
    monai.UNet monai.BasicUNet monai.AttentionUnet monai.SegResNet monai.DynUNet monai.DenseNet121 monai.EfficientNetBN
    monai.SEResNet50
""".split()

PLANE = {"spatial_dims": 2, "in_channels": 3}
LEVELS = {"channels": (8, 16, 32), "strides": (2, 2)}
MONAI = {
    "UNet": {"out_channels": 10, "num_res_units": 2, **LEVELS},
    "BasicUNet": {"out_channels": 10, "features": (8, 8, 16, 16, 32, 8)},
    "AttentionUnet": {"out_channels": 10, **LEVELS},
    "SegResNet": {"out_channels": 10, "init_filters": 8},
    "DynUNet": {"out_channels": 10, "kernel_size": [3, 3, 3], "strides": [1, 2, 2], "upsample_kernel_size": [2, 2]},
    "DenseNet121": {"out_channels": 10},
    "EfficientNetBN": {"model_name": "efficientnet-b0", "pretrained": False, "num_classes": 10},
    "SEResNet50": {"num_classes": 10},
}


class Maps(torch.nn.Module):
    """The maps alone that a segmenter of torchvision gives."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x)["out"]


def network(name):
    """A network with random weights, and the side of its pictures."""
    torch.manual_seed(0)
    library, _, own = name.rpartition(".")
    if library == "torchvision":
        options = {"googlenet": {"aux_logits": False, "init_weights": False}}.get(own, {})
        if own in torchvision.models.segmentation.__dict__:
            options["weights_backbone"] = None
        made = torchvision.models.get_model(own, weights=None, num_classes=10, **options)
        return (Maps(made), 96) if "weights_backbone" in options else (made, 224)
    if library == "smp":
        import segmentation_models_pytorch

        made = getattr(segmentation_models_pytorch, own)("resnet18", encoder_weights=None, classes=10)
        return made, 64
    if library == "monai":
        from monai.networks import nets

        return getattr(nets, own)(**PLANE, **MONAI[own]), 64
    made = timm.create_model(name, num_classes=10)
    return made, made.pretrained_cfg["input_size"][1]


def unsettle(made):
    """Changes all weights a little: exporters share those that are alike, such as biases of zeros."""
    with torch.no_grad():
        for tensor in [*made.parameters(), *made.buffers()]:
            if tensor.is_floating_point() and tensor.numel() > 0:
                tensor.mul_(1 + 0.1 * torch.randn_like(tensor)).add_(0.01 * torch.rand_like(tensor))


def export(made, x, form, path):
    names = {"input_names": ["input"], "output_names": ["logits"]}
    if form == "dynamo":
        batch = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(
            made, (x,), path, dynamo=True, dynamic_shapes=batch, external_data=False, verbose=False, **names
        )
    else:
        axes = {"input": {0: "batch"}, "logits": {0: "batch"}}
        torch.onnx.export(made, (x,), path, dynamo=False, dynamic_axes=axes, opset_version=17, **names)


def write(name, out):
    made, side = network(name)
    made.eval()
    unsettle(made)
    x = torch.randn(2, 3, side, side, requires_grad=True)
    logits = made(x)
    rows = logits if logits.dim() == 2 else logits.mean((2, 3))
    loss = torch.nn.functional.cross_entropy(rows, torch.tensor([3, 7]))
    loss.backward()
    for form in ("dynamo", "legacy"):
        try:
            export(made, x.detach(), form, out / f"{name}.{form}.onnx")
            print(f"{name} {form}", flush=True)
        except Exception as error:  # an exporter's own limits are not ours
            reason = str(error).strip().splitlines()[0][:150]
            print(f"{name} {form}: not exported, {type(error).__name__}: {reason}", flush=True)
    computed = {"x": x.detach(), "logits": logits.detach(), "loss": loss.detach().reshape(1), "dx": x.grad}
    save_file({key: value.contiguous() for key, value in computed.items()}, out / f"{name}.safetensors")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or FAMILIES:
        if not (out / f"{name}.safetensors").exists():
            write(name, out)


if __name__ == "__main__":
    main()
