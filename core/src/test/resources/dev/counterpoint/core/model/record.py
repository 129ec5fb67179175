"""Records layers.json: values of PyTorch and Hugging Face for PositionsTest and BlockLayersTest.

    pip install torch transformers
    python3 record.py > layers.json
"""

import json

import torch
from torch.nn.functional import rms_norm
from transformers import LlamaConfig, RoFormerConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaMLP
from transformers.models.roformer.modeling_roformer import RoFormerSelfAttention, RoFormerSinusoidalPositionalEmbedding

torch.manual_seed(1)


def numbers(x):
    return [round(float(v), 7) for v in x.detach().flatten()]


def alibi(heads, tokens=5, head_width=2):
    """Causal attention of Bloom: scores + slope * position of the key."""
    q, k, v = (torch.randn(1, heads, tokens, head_width) for _ in range(3))
    bias = build_alibi_tensor(torch.ones(1, tokens), heads, torch.float32).view(1, heads, 1, tokens)
    scores = q @ k.transpose(2, 3) * head_width**-0.5 + bias
    later = torch.ones(tokens, tokens, dtype=torch.bool).triu(1)
    mixed = scores.masked_fill(later, -1e38).softmax(-1) @ v
    joined = lambda x: numbers(x.transpose(1, 2))  # (batch, tokens, heads * head_width)
    return {"heads": heads, "query": joined(q), "key": joined(k), "value": joined(v), "mixed": joined(mixed)}


def rotary(heads=2, tokens=6, head_width=4):
    x = torch.randn(1, heads, tokens, head_width)
    table = RoFormerSinusoidalPositionalEmbedding(tokens, head_width)
    table.weight.data = table.create_weight() if hasattr(table, "create_weight") else table.weight.data
    angles = table([1, tokens])[None, None, :, :]
    rotated, _ = RoFormerSelfAttention.apply_rotary_position_embeddings(angles, x, x)
    return {"x": numbers(x.transpose(1, 2)), "rotated": numbers(rotated.transpose(1, 2))}


def gated(width=3, hidden=5):
    mlp = LlamaMLP(LlamaConfig(hidden_size=width, intermediate_size=hidden, hidden_act="silu", num_attention_heads=1))
    x = torch.randn(2, width)
    return {
        "gate": numbers(mlp.gate_proj.weight),
        "up": numbers(mlp.up_proj.weight),
        "down": numbers(mlp.down_proj.weight),
        "x": numbers(x),
        "y": numbers(mlp(x)),
    }


def rms(width=4):
    x, weight = torch.randn(3, width), torch.randn(width)
    return {"x": numbers(x), "weight": numbers(weight), "y": numbers(rms_norm(x, [width], weight, 1e-6))}


print(json.dumps({"alibi": [alibi(4), alibi(6)], "rotary": rotary(), "gated": gated(), "rms": rms()}, indent=1))
