"""Reads a folder as Hugging Face's models have it with plain PyTorch, and prints logits as JSON.

python read_back.py FOLDER IDS, where IDS is a JSON list of rows of token ids without padding.
"""

import json
import struct
import sys

import torch
import torch.nn.functional as F


def read(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", entry
        values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def attention(query, key, value, heads, causal):
    batch, tokens, width = query.shape
    split = lambda x: x.reshape(batch, tokens, heads, width // heads).transpose(1, 2)
    scores = split(query) @ split(key).transpose(2, 3) / (width // heads) ** 0.5
    if causal:
        later = torch.ones(tokens, tokens).triu(1).bool()
        scores = scores.masked_fill(later, float("-inf"))
    return (scores.softmax(-1) @ split(value)).transpose(1, 2).reshape(batch, tokens, width)


def bert(config, w, ids):
    eps = config["layer_norm_eps"]
    linear = lambda x, name: F.linear(x, w[name + ".weight"], w[name + ".bias"])
    norm = lambda x, name: F.layer_norm(
        x, x.shape[-1:], w[name + ".LayerNorm.weight"], w[name + ".LayerNorm.bias"], eps
    )
    x = w["bert.embeddings.word_embeddings.weight"][ids]
    x = x + w["bert.embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = norm(x + w["bert.embeddings.token_type_embeddings.weight"][0], "bert.embeddings")
    for i in range(config["num_hidden_layers"]):
        at = f"bert.encoder.layer.{i}."
        q, k, v = (linear(x, f"{at}attention.self.{part}") for part in ("query", "key", "value"))
        mixed = attention(q, k, v, config["num_attention_heads"], False)
        x = norm(linear(mixed, at + "attention.output.dense") + x, at + "attention.output")
        hidden = F.gelu(linear(x, at + "intermediate.dense"))
        x = norm(linear(hidden, at + "output.dense") + x, at + "output")
    return linear(torch.tanh(linear(x[:, 0], "bert.pooler.dense")), "classifier")


def gpt2(config, w, ids):
    conv = lambda x, name: x @ w[name + ".weight"] + w[name + ".bias"]
    norm = lambda x, name: F.layer_norm(
        x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], config["layer_norm_epsilon"]
    )
    x = w["transformer.wte.weight"][ids] + w["transformer.wpe.weight"][: ids.shape[1]]
    for i in range(config["n_layer"]):
        at = f"transformer.h.{i}."
        q, k, v = conv(norm(x, at + "ln_1"), at + "attn.c_attn").chunk(3, -1)
        x = x + conv(attention(q, k, v, config["n_head"], True), at + "attn.c_proj")
        hidden = F.gelu(conv(norm(x, at + "ln_2"), at + "mlp.c_fc"), approximate="tanh")
        x = x + conv(hidden, at + "mlp.c_proj")
    return norm(x, "transformer.ln_f") @ w["transformer.wte.weight"].T


folder, ids = sys.argv[1], torch.tensor(json.loads(sys.argv[2]))
with open(folder + "/config.json", encoding="utf-8") as file:
    config = json.load(file)
model = {"bert": bert, "gpt2": gpt2}[config["model_type"]]
with torch.no_grad():
    print(json.dumps(model(config, read(folder + "/model.safetensors"), ids).flatten().tolist()))
