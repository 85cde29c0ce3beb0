"""One case, run by PyTorch and transformers: torch_peer.py CASE THREADS, CASE as JSON.

Says {"ready": true} on stdout; then for each line on stdin does the work once and says
{"ms"}, and some numbers of the result if the other side has them, too.
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
    if case.get("gradientCheckpointing"):
        model.gradient_checkpointing_enable()
    parts = case.get("accumulate", 1)
    optimiser = {
        "sgd": lambda: torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9),
        "adamw": lambda: torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.05),
    }[case.get("optimiser", "sgd")]()

    def step():
        optimiser.zero_grad()
        for images, labels in zip(x.chunk(parts), y.chunk(parts)):
            loss = torch.nn.functional.cross_entropy(model(images).logits, labels) / parts
            loss.backward()
        optimiser.step()
        return loss.item()

    return step


def wave(shape):
    return torch.arange(torch.Size(shape).numel()).float().sin().view(shape)


def edit(case):
    """An edit by InstructPix2Pix; all noise is the same wave, as on the other side."""
    from diffusers import StableDiffusionInstructPix2PixPipeline
    from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_instruct_pix2pix as pipeline
    from diffusers.schedulers import scheduling_euler_ancestral_discrete as scheduler

    for module in (pipeline, scheduler):
        module.randn_tensor = lambda shape, **_: wave(shape)
    edits = StableDiffusionInstructPix2PixPipeline.from_pretrained(case["folder"], safety_checker=None)
    edits.set_progress_bar_config(disable=True)
    batch, size = case["batch"], case["size"]
    with torch.inference_mode():
        text, no_text = (
            edits.text_encoder(
                edits.tokenizer(prompt, padding="max_length", max_length=77, return_tensors="pt").input_ids
            ).last_hidden_state.repeat(batch, 1, 1)
            for prompt in ("with oil pastel", "")
        )

    @torch.inference_mode()
    def once():
        pictures = edits(
            prompt_embeds=text,
            negative_prompt_embeds=no_text,
            image=wave((batch, 3, size, size)),
            num_inference_steps=case["steps"],
            guidance_scale=4.5,
            image_guidance_scale=1.5,
            output_type="latent",
        ).images
        pictures = edits.vae.decode(pictures / edits.vae.config.scaling_factor).sample.flatten()
        return [pictures[i * len(pictures) // 64].item() for i in range(64)]

    return once


case = json.loads(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
work = {"matmul": matmul, "predict": predict, "train": train, "edit": edit}[case["work"]](case)
print(json.dumps({"ready": True, "torch": torch.__version__}), flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    output = work()
    ms = 1000 * (time.perf_counter() - start)
    print(json.dumps({"ms": ms, "output": output if isinstance(output, list) else None}), flush=True)
