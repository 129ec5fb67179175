"""Small models of transformers and PEFT, and what they compute.

python peers.py record DIR   creates DIR/NAME with the model of each case and golden.json
python peers.py read DIR     prints as JSON what transformers computes for each DIR/NAME
python peers.py files FILE   FILE has a JSON list of {folder, file, content}: prints what transformers computes for
                             each folder with this content of its file, or the error

The folders beside this file were recorded with transformers 5.18, PEFT 0.21 and torch 2.13.
"""

import json
import os
import shutil
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import BertConfig, GPT2Config

PAD = 0
ROWS = [[3, 14, 15, 9, 20, 5], [5, 21, 8, 9, 7, PAD]]
BERT = dict(vocab_size=24, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16)
BERT.update(max_position_embeddings=12, initializer_range=0.5, pad_token_id=PAD)
GPT2 = dict(vocab_size=24, n_embd=8, n_layer=2, n_head=2, n_positions=32, initializer_range=0.5)
GPT2.update(bos_token_id=23, eos_token_id=23, pad_token_id=PAD)
GENERATE = {
    "greedy": dict(max_new_tokens=12),
    "beams": dict(max_new_tokens=12, num_beams=3),
    "penalty": dict(max_new_tokens=12, repetition_penalty=1.3),
}
LM = "AutoModelForCausalLM"
MASKED = "AutoModelForMaskedLM"
CLASSES = "AutoModelForSequenceClassification"
QUESTIONS = "AutoModelForQuestionAnswering"
TOKENS = "AutoModelForTokenClassification"


def save(folder, auto, config, change=None, config_change=None):
    torch.manual_seed(len(folder.split("/")[-1]))
    model = getattr(transformers, auto).from_config(config).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # zero in a new model
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    if change:
        file = folder + "/model.safetensors"
        tensors = load_file(file)
        change(tensors)
        save_file(tensors, file, metadata={"format": "pt"})
    if config_change:
        file = folder + "/config.json"
        with open(file) as opened:
            content = json.load(opened)
        config_change(content)
        with open(file, "w") as opened:
            json.dump(content, opened, indent=1)


def rename(old, new):
    return lambda tensors: tensors.update({new: tensors.pop(old)})


def noise(old, new):
    return lambda tensors: tensors.update({new: tensors[old] + torch.randn_like(tensors[old])})


def cases():
    bert = lambda **kwargs: BertConfig(**{**BERT, **kwargs})
    gpt2 = lambda **kwargs: GPT2Config(**{**GPT2, **kwargs})
    wte, lm = "transformer.wte.weight", "lm_head.weight"
    words, decoder = "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"
    yield "gpt2-tied", LM, gpt2()
    yield "gpt2-untied", LM, gpt2(tie_word_embeddings=False)
    yield "gpt2-both-stored", LM, gpt2(), lambda t: t.update({lm: t[wte].clone()})
    yield "gpt2-contradiction", LM, gpt2(), noise(wte, lm)
    yield "gpt2-head-only", LM, gpt2(), rename(wte, lm)
    for name in ("gelu_python", "gelu_fast", "gelu_accurate", "gelu_pytorch_tanh", "swish"):
        yield "gpt2-" + name.replace("_", "-"), LM, gpt2(n_layer=1, activation_function=name)
    yield "gpt2-inner", LM, gpt2(n_inner=20, layer_norm_epsilon=0.01)

    def general_names(config):
        config["hidden_size"] = config.pop("n_embd")
        config["num_attention_heads"] = config.pop("n_head")
        config["num_hidden_layers"] = config.pop("n_layer")
        config["max_position_embeddings"] = config.pop("n_positions")

    yield "gpt2-general-names", LM, gpt2(), None, general_names
    yield "gpt2-classifier", CLASSES, gpt2(num_labels=3)
    yield "gpt2-classifier-untied", CLASSES, gpt2(num_labels=3, tie_word_embeddings=False)
    yield "bert-classifier", CLASSES, bert(num_labels=3, tie_word_embeddings=False)
    yield "bert-tokens", TOKENS, bert(num_labels=3, hidden_act="gelu_python")
    yield "bert-questions", QUESTIONS, bert()
    yield "bert-tied", MASKED, bert()
    yield "bert-contradiction", MASKED, bert(), noise(words, decoder)
    yield "bert-head-only", MASKED, bert(), rename(words, decoder)


def adapters(root):
    from peft import LoraConfig, get_peft_model

    for name, base, auto, kwargs in (
        ("peft-bert", "bert-classifier", CLASSES, dict(task_type="SEQ_CLS", target_modules=["query", "dense"])),
        ("peft-gpt2", "gpt2-tied", LM, dict(task_type="CAUSAL_LM", target_modules=["c_attn", "c_proj"])),
        ("peft-untied", "gpt2-untied", LM, dict(task_type="CAUSAL_LM", target_modules=["c_attn"], modules_to_save=["wte"])),
    ):
        torch.manual_seed(7)
        model = getattr(transformers, auto).from_pretrained(os.path.join(root, base))
        model = get_peft_model(model, LoraConfig(r=2, lora_alpha=3, init_lora_weights=False, **kwargs))
        for parameter in model.parameters():
            if parameter.requires_grad:
                torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(os.path.join(root, name))
        file = os.path.join(root, name, "adapter_config.json")
        with open(file) as opened:
            config = json.load(opened)
        config["base_model_name_or_path"] = base  # beside the adapter
        with open(file, "w") as opened:
            json.dump(config, opened, indent=1)
        for extra in ("README.md",):
            os.remove(os.path.join(root, name, extra))
        yield name, auto


def load(root, name, auto):
    folder = os.path.join(root, name)
    adapter = os.path.join(folder, "adapter_config.json")
    if not os.path.exists(adapter):
        return getattr(transformers, auto).from_pretrained(folder, dtype=torch.float32).eval()
    from peft import PeftModel

    with open(adapter) as opened:
        base = json.load(opened)["base_model_name_or_path"]
    beside = os.path.join(root, base)
    model = getattr(transformers, auto).from_pretrained(beside if os.path.isdir(beside) else base)
    return PeftModel.from_pretrained(model, folder).eval()


@torch.no_grad()
def compute(root, name, auto, changed=None):
    model = load(root, name, auto)
    ids = torch.tensor(ROWS)
    batch = dict(input_ids=ids)
    if name.startswith("bert") or name == "peft-bert":
        batch["attention_mask"] = torch.tensor([[1] * 6, [1] * 5 + [0]])
    if auto == QUESTIONS:
        batch["token_type_ids"] = torch.tensor([[0, 0, 1, 1, 1, 1]] * 2)
        output = model(**batch)
        logits = torch.stack([output.start_logits, output.end_logits], -1)
    else:
        logits = model(**batch).logits
    result = dict(auto=auto, logits=logits.flatten().tolist())
    if changed == "generation_config.json":
        prompt = torch.tensor([ROWS[0]])
        ids = model.generate(prompt, attention_mask=torch.ones_like(prompt), eos_token_id=23, pad_token_id=0)
        result["generated"] = ids[0, prompt.shape[1] :].tolist()
    elif auto == LM and changed is None:
        prompt = torch.tensor([ROWS[0]])
        mask = torch.ones_like(prompt)
        result["generated"] = {
            key: model.generate(prompt, attention_mask=mask, eos_token_id=23, **kwargs)[0, prompt.shape[1] :].tolist()
            for key, kwargs in GENERATE.items()
        }
    return result


def record(root):
    os.makedirs(root, exist_ok=True)
    autos = {}
    for name, auto, *rest in cases():
        save(os.path.join(root, name), auto, *rest)
        autos[name] = auto
    autos.update(adapters(root))
    for name, auto in autos.items():
        try:
            golden = compute(root, name, auto)
            if "contradiction" in name and transformers.__version__ < "5":
                golden["error"] = "transformers 4 ties the weights, whatever they are"
        except RuntimeError as error:  # a folder that this version of transformers cannot open
            golden = dict(auto=auto, error=str(error)[:200])
        with open(os.path.join(root, name, "golden.json"), "w") as opened:
            json.dump(golden, opened)


def read(root):
    results = {}
    for name in sorted(os.listdir(root)):
        golden = os.path.join(root, name, "golden.json")
        if os.path.exists(golden):
            with open(golden) as opened:
                auto = json.load(opened)["auto"]
            try:
                results[name] = compute(root, name, auto)
            except Exception as error:
                results[name] = dict(error=type(error).__name__ + ": " + str(error)[:300])
    print(json.dumps(results))


def files(path):
    with open(path) as opened:
        entries = json.load(opened)
    results = []
    for entry in entries:
        root, name = os.path.split(entry["folder"])
        with tempfile.TemporaryDirectory() as temporary:
            for beside in os.listdir(root):
                if beside != name:
                    os.symlink(os.path.join(root, beside), os.path.join(temporary, beside))
            copy = shutil.copytree(entry["folder"], os.path.join(temporary, name))
            with open(os.path.join(copy, entry["file"]), "w") as opened:
                opened.write(entry["content"])
            with open(os.path.join(copy, "golden.json")) as opened:
                auto = json.load(opened)["auto"]
            try:
                results.append(compute(temporary, name, auto, entry["file"]))
            except BaseException as error:
                results.append(dict(error=type(error).__name__ + ": " + str(error)[:200]))
    print(json.dumps(results))


if __name__ == "__main__":
    {"record": record, "read": read, "files": files}[sys.argv[1]](sys.argv[2])
