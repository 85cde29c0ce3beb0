"""The baseline of a lock, fine-tuned by PyTorch and transformers: the same weights and schedule.

    python bench/peers/torch_fine_tune.py RESULT [--data .bench/data] [--model assets/pocket-backbone] [--seeds 3]

RESULT is the JSON file of a baseline that `npm run bench:backbone` trained. Its tuning is used, and
its pictures, train/CLASS and test/CLASS, which the benchmark leaves in its --out under data. Prints
the accuracy of each seed and their mean. Pictures are 64x64 with their middle kept, shifted and
mirrored.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import ResNetForImageClassification

SIZE = 64
TUNING = {
    "epochs",
    "batch",
    "learningRate",
    "headFactor",
    "weightDecay",
    "labelSmoothing",
    "warmup",
    "shift",
}
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
STD = np.array([0.229, 0.224, 0.225], np.float32)


def read(path):
    image = Image.open(path).convert("RGB")
    scale = SIZE / min(image.size)
    width, height = (int(side * scale) for side in image.size)
    image = image.resize((width, height), Image.BICUBIC)
    left, top = (width - SIZE) // 2, (height - SIZE) // 2
    return np.asarray(image.crop((left, top, left + SIZE, top + SIZE)))


def load(root):
    classes = sorted(p.name for p in root.iterdir() if p.is_dir())
    files = [(f, i) for i, c in enumerate(classes) for f in sorted((root / c).iterdir())]
    return np.stack([read(f) for f, _ in files]), torch.tensor([i for _, i in files])


def tensor_of(images):  # [B, H, W, 3] -> [B, 3, H, W]
    return torch.from_numpy((images / np.float32(255) - MEAN) / STD).permute(0, 3, 1, 2)


def varied(images, most, random):
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)), mode="reflect")
    result = np.empty_like(images)
    for i, (dy, dx) in enumerate(random.integers(0, 2 * most + 1, (len(images), 2))):
        crop = padded[i, dy : dy + SIZE, dx : dx + SIZE]
        result[i] = crop[:, ::-1] if random.random() < 0.5 else crop
    return result


def fine_tune(model, images, labels, tuning, random):
    batch, epochs = tuning["batch"], tuning["epochs"]
    groups = {}
    for name, parameter in model.named_parameters():
        head, matrix = name.startswith("classifier"), parameter.dim() >= 2
        groups.setdefault((head, matrix), []).append(parameter)
    optimiser = torch.optim.AdamW(
        {
            "params": parameters,
            "lr": tuning["learningRate"] * (tuning["headFactor"] if head else 1),
            "weight_decay": tuning["weightDecay"] if matrix else 0,
        }
        for (head, matrix), parameters in groups.items()
    )
    per_epoch = math.ceil(len(images) / batch)
    steps = epochs * per_epoch
    warmup = round(tuning["warmup"] * steps)

    def factor(step):
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    most = round(SIZE * tuning["shift"])
    model.train()
    for _ in range(epochs):
        order = random.permutation(len(images))
        order = np.concatenate([order, order[: per_epoch * batch - len(order)]])
        for rows in order.reshape(-1, batch):
            logits = model(tensor_of(varied(images[rows], most, random))).logits
            loss = torch.nn.functional.cross_entropy(
                logits, labels[rows], label_smoothing=tuning["labelSmoothing"]
            )
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
            optimiser.step()
            schedule.step()


@torch.inference_mode()
def accuracy(model, images, labels):
    model.eval()
    right = 0
    for i in range(0, len(images), 256):
        guesses = model(tensor_of(images[i : i + 256])).logits.argmax(1)
        right += (guesses == labels[i : i + 256]).sum().item()
    return right / len(images)


arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("result", type=pathlib.Path)
arguments.add_argument("--data", type=pathlib.Path, default=".bench/data")
arguments.add_argument("--model", default="assets/pocket-backbone")
arguments.add_argument("--seeds", type=int, default=3)
options = arguments.parse_args()

job = json.loads(options.result.read_text())["job"]
tuning, folder = job["tuning"], options.data / job["subset"]
if set(tuning) != TUNING:
    arguments.error(f"{options.result}: only a tuning of {', '.join(sorted(TUNING))} is known here")
train, test = load(folder / "train"), load(folder / "test")
scores = []
for seed in range(options.seeds):
    torch.manual_seed(seed)
    model = ResNetForImageClassification.from_pretrained(
        options.model,
        num_labels=int(train[1].max()) + 1,
        ignore_mismatched_sizes=True,
        dtype=torch.float32,
    )
    fine_tune(model, *train, tuning, np.random.default_rng(seed))
    scores.append(100 * accuracy(model, *test))
    print(f"seed {seed}: {scores[-1]:.1f} %", flush=True)
print(f"mean of {len(scores)}: {np.mean(scores):.1f} %, torch {torch.__version__}")
