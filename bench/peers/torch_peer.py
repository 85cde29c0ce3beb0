"""One case, run by PyTorch and transformers: torch_peer.py CASE THREADS, CASE as JSON.

Says {"ready": true} on stdout; then for each line on stdin does the work once and says {"ms"}.
"""

import json
import sys
import time

import torch


def matmul(case):
    a, b = torch.randn(2, case["batch"], case["batch"]).unbind()
    return torch.inference_mode()(lambda: a @ b)


def model_of(case):
    import transformers

    config = dict(case["config"])
    kind = {"vit": "ViT", "resnet": "ResNet"}[config.pop("model_type")]
    config = getattr(transformers, kind + "Config")(**config)
    return getattr(transformers, kind + "ForImageClassification")(config)


def images_of(case):
    return torch.randn(case["batch"], 3, case["size"], case["size"])


def predict(case):
    model, x = model_of(case).eval(), images_of(case)
    return torch.inference_mode()(lambda: model(x).logits)


def train(case):
    model, x = model_of(case).train(), images_of(case)
    y = torch.arange(case["batch"]) % case["config"]["num_labels"]
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x).logits, y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


case = json.loads(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
work = {"matmul": matmul, "predict": predict, "train": train}[case["work"]](case)
print(json.dumps({"ready": True, "torch": torch.__version__}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    work()
    print(json.dumps({"ms": 1000 * (time.perf_counter() - start)}), flush=True)
