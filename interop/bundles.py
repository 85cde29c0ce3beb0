"""Runs locked models in the libraries that others run models with, and compares with modellock.

    npx tsx interop/make-bundles.ts OUT
    python3 interop/bundles.py OUT

For each bundle: `onnx.checker` with full checks; ONNX Runtime on all pictures at once and one by one;
and, where transformers knows the architecture, its model and its image processor, loaded as any other
checkpoint. Prints a line for each check and a closing line; exits with 1 where one failed.
Needs torch, transformers, onnx, onnxruntime, Pillow and numpy.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForImageClassification, AutoModelForSemanticSegmentation

# Two programs add float32 numbers in different orders. Logits here are of the order of 1 to 100, so
# errors are measured by the largest of a bundle; of a wrong term, a whole one would be left.
TOLERANCE = 1e-4
# (x / 255 - mean) / std in one step or in three, in float32 or in float64.
PIXEL_TOLERANCE = 1e-5
# Grey levels, on average: torchvision resizes with other rounding than Pillow.
GREY_LEVELS = 0.25


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, run):
        """Counts a check, which returns what it found or raises."""
        try:
            print(f"ok      {name}: {run()}", flush=True)
            self.passed += 1
        except Exception as error:  # whatever a library raises, the other checks go on
            print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:300]}", flush=True)
            self.failed += 1


def difference(actual, expected, tolerance):
    """The largest difference, as a share of the largest value; raises where it is too large."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f"shape {actual.shape}, not {expected.shape}"
    largest = np.abs(actual - expected).max() / max(1.0, np.abs(expected).max())
    assert largest <= tolerance, f"differs by {largest:.1e}, more than {tolerance:.0e}"
    return f"{largest:.1e}"


def onnx_checks(checks, name, folder, pixels, logits):
    path = str(folder / "onnx" / "model.onnx")
    checks.check(f"{name}: onnx.checker", lambda: onnx.checker.check_model(path, full_check=True) or "valid")

    def run(batches):
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        answers = [session.run(["logits"], {"pixel_values": batch})[0] for batch in batches]
        return difference(np.concatenate(answers).reshape(len(pixels), -1), logits, TOLERANCE)

    for size in (1, 3, len(pixels)):
        batches = [pixels[i : i + size] for i in range(0, len(pixels), size)]
        checks.check(f"{name}: onnxruntime, batches of {size}", lambda batches=batches: run(batches))


def processors(folder):
    """transformers' image processors: with Pillow, as published models were trained, and with torchvision."""
    version = int(transformers.__version__.split(".")[0])
    choices = {"Pillow": {"backend": "pil"}} if version >= 5 else {"Pillow": {"use_fast": False}}
    try:
        import torchvision  # noqa: F401

        choices["torchvision"] = {"backend": "torchvision"} if version >= 5 else {"use_fast": True}
    except ImportError:
        pass
    return {
        kind: lambda options=options: AutoImageProcessor.from_pretrained(folder, local_files_only=True, **options)
        for kind, options in choices.items()
    }


def transformers_checks(checks, name, folder, images, pixels, expected):
    logits = expected["logits"]
    pixelwise = expected["task"] == "segmentation"
    auto = AutoModelForSemanticSegmentation if pixelwise else AutoModelForImageClassification

    def load():
        model, info = auto.from_pretrained(folder, local_files_only=True, output_loading_info=True)
        # Swin's tables of places are stored by transformers 4, but every version computes them.
        info["missing_keys"] = [key for key in info["missing_keys"] if not key.endswith(".relative_position_index")]
        wrong = {key: names for key, names in info.items() if names}
        assert not wrong, f"weights do not fit: {wrong}"
        assert model.dtype == torch.float32, f"loaded in {model.dtype}"
        labels = [model.config.id2label[i] for i in range(model.config.num_labels)]
        assert labels == expected["labels"], f"labels {labels}"
        return model.eval()

    def answer(inputs):
        return load()(pixel_values=torch.from_numpy(np.array(inputs, np.float32))).logits.flatten(1).numpy()

    def predicted():
        model = transformers.pipeline(
            "image-classification", model=str(folder), image_processor=processors(folder)["Pillow"]()
        )
        answers = model(images, top_k=len(expected["labels"]))
        shares = [[{a["label"]: a["score"] for a in one}[label] for label in expected["labels"]] for one in answers]
        wanted = [[one[label] for label in expected["labels"]] for one in expected["probabilities"]]
        return difference(shares, wanted, TOLERANCE)

    checks.check(f"{name}: model", lambda: difference(answer(pixels), logits, TOLERANCE))
    for kind, make in processors(folder).items():

        def prepared(make=make, kind=kind):
            values = make()(images, return_tensors="pt")["pixel_values"].numpy()
            if kind == "Pillow":
                return difference(values, pixels, PIXEL_TOLERANCE)
            spread = np.asarray(json.loads((folder / "preprocessor_config.json").read_text())["image_std"])
            levels = np.abs(values - pixels) * spread.reshape(1, 3, 1, 1)
            found = f"{levels.mean() * 255:.3f} grey levels on average, {levels.max() * 255:.1f} at most"
            assert levels.mean() * 255 <= GREY_LEVELS, found
            return found

        checks.check(f"{name}: processor, {kind}", prepared)
    if "probabilities" in expected:
        checks.check(f"{name}: pipeline", predicted)


def main(out):
    out = Path(out)
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, onnx {onnx.__version__}, "
          f"onnxruntime {onnxruntime.__version__}")
    document = json.loads((out / "expected.json").read_text())
    images = [Image.open(out / "pictures" / name).convert("RGB") for name in document["pictures"]]
    checks = Checks()
    for name, expected in document["bundles"].items():
        folder = out / "bundles" / name
        shape = (len(images), 3, expected["height"], expected["width"])
        pixels = np.fromfile(out / "pixels" / f"{name}.f32", np.float32).reshape(shape)
        onnx_checks(checks, name, folder, pixels, expected["logits"])
        if expected["transformers"]:
            transformers_checks(checks, name, folder, images, pixels, expected)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
