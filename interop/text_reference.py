"""What transformers computes of text classifiers, as fixtures of tests.

    python3 interop/text_reference.py src/nn/models/fixtures
    npx prettier --write src/nn/models/fixtures

Writes a tiny BERT and DistilBERT with random weights as `save_pretrained` does, with their tokenizers;
`reference.safetensors` of each holds a padded batch and what the model makes of it: logits, loss and the
gradient of every parameter, without dropout; `tokens.json` the ids of texts. Needs torch, transformers
and safetensors.
"""

import json
import string
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = "the film was is not very and but good great lovely bad awful dull actor story end ##ing ##ed".split()
OTHERS = list("東京é,.!?'-") + ["##é"]
VOCABULARY = MARKS + list(string.ascii_lowercase + string.digits) + [f"##{c}" for c in string.ascii_lowercase] + WORDS + OTHERS

LABELS = {"num_labels": 3, "vocab_size": len(VOCABULARY), "max_position_embeddings": 24, "pad_token_id": 0}
MODELS = {
    "bert": lambda: BertForSequenceClassification(
        BertConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, **LABELS)
    ),
    "distilbert": lambda: DistilBertForSequenceClassification(
        DistilBertConfig(dim=8, n_layers=2, n_heads=2, hidden_dim=12, **LABELS)
    ),
}

TEXTS = [
    "",
    " ",
    "The film was good.",
    "THE  FILM\twas\nnot good!",
    "actors' stories, ending... endings",
    "film-story",
    "Café cafe\u0301 CAFÉ naïve",
    "東京 film東京",
    "film𠀀𠮟 𪚥film",
    "[MASK] good [SEP] bad [CLS][PAD]",
    "[mask] [ MASK ]",
    "unaffable",
    "a" * 101,
    "a" * 100,
    "x😀y 😀",
    "zero\u200bwidth soft\u00adhyphen nul\u0000 bell\u0007 replacement\ufffd",
    "no\u00a0break thin\u2009space ideographic\u3000space line\u2028separator",
    "ΑΣ İstanbul ﬁlm Ⅻ ½",
    "a$b c+d e<f g|h ~ ` ^ _",
    "“quoted” — dash … ¡hola!",
    "한국어 हिन्दी ไทย",
    "the film was not very good and the story was a dull story but the end was great and the actor was lovely",
]
BATCH = ["the film was good", "a very awful story, but the actor is lovely!", "dull"]


def write(folder, make, seed):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in VOCABULARY))
    tokenizer = BertTokenizerFast(vocab={token: i for i, token in enumerate(VOCABULARY)}, model_max_length=24)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    model = make().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    batch = tokenizer(BATCH, padding="max_length", max_length=16, return_tensors="pt")
    given = {name: batch[name] for name in ("input_ids", "attention_mask")}
    labels = torch.tensor([0, 2, 1])
    output = model(**given, labels=labels)
    output.loss.backward()
    tensors = {**given, "labels": labels, "logits": output.logits.detach(), "loss": output.loss.detach()}
    tensors.update({f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()})
    save_file(tensors, folder / "reference.safetensors")
    ids = [{"text": text, "ids": tokenizer(text, truncation=True)["input_ids"]} for text in TEXTS]
    (folder / "tokens.json").write_text(json.dumps(ids, indent=1) + "\n")


def main(out):
    for seed, (name, make) in enumerate(MODELS.items()):
        write(Path(out) / name, make, seed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
