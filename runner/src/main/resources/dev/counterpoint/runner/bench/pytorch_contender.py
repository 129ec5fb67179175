"""The benchmark's encoder and its training step in PyTorch: eager, fused AdamW.

Reads one JSON object a line and answers each with one: first the settings, then {"steps": N} for N more steps.
An object with "losses": true gives the loss of each step too.
"""
import json
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x, mask):
        q, k, v = (self.split(part(x)) for part in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.output(mixed.transpose(1, 2).reshape(x.shape))

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attentionNorm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.feedForwardNorm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x, mask):
        x = x + self.attention(self.attentionNorm(x), mask)
        return x + self.down(F.gelu(self.up(self.feedForwardNorm(x))))


class Body(nn.Module):
    def __init__(self, width, layers, heads, tokens, vocabulary):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(tokens, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids, mask):
        x = self.tokens(ids) + self.positions.weight[: ids.size(1)]
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)


class Encoder(nn.Module):
    def __init__(self, width, layers, heads, tokens, vocabulary, classes):
        super().__init__()
        self.body = Body(width, layers, heads, tokens, vocabulary)
        self.head = nn.Linear(width, classes)

    def forward(self, ids, mask):
        seen = (mask != 0)[:, None, None, :]  # (batch, 1, 1, tokens)
        counted = mask.unsqueeze(2)
        return self.head((self.body(ids, seen) * counted).sum(1) / counted.sum(1))


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(data[begin:end], dtype=torch.float32)
            arrays[name] = flat.reshape(entry["shape"]).clone()
    return arrays


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except OSError:
        return None


class Training:
    def __init__(self, settings):
        torch.set_num_threads(settings["threads"])
        torch.manual_seed(1)
        shape = [settings[key] for key in ("width", "layers", "heads", "tokens", "vocabulary", "classes")]
        self.model = Encoder(*shape)
        if "weights" in settings:
            self.model.load_state_dict(read_safetensors(settings["weights"]))
        else:
            nn.init.normal_(self.model.body.tokens.weight, std=0.02)
            nn.init.normal_(self.model.body.positions.weight, std=0.02)
        decayed = [it for it in self.model.parameters() if it.dim() > 1]
        others = [it for it in self.model.parameters() if it.dim() == 1]
        groups = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=settings["learningRate"], weight_decay=0.01, fused=True)
        self.bfloat16 = settings["precision"] == "bfloat16"
        self.batches = [self.batch(it) for it in settings["batches"]]
        self.done = 0

    @staticmethod
    def batch(arrays):
        ids = torch.tensor(arrays["ids"])
        return ids, torch.tensor(arrays["mask"]), torch.tensor(arrays["labels"])

    def step(self):
        ids, mask, labels = self.batches[self.done % len(self.batches)]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits = self.model(ids, mask)
            loss = F.cross_entropy(logits.float(), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.done += 1
        return loss.item()


def main():
    training = Training(json.loads(sys.stdin.readline()))
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        seconds, losses = [], []
        for _ in range(json.loads(line)["steps"]):
            begin = time.perf_counter()
            losses.append(training.step())
            seconds.append(time.perf_counter() - begin)
        print(json.dumps({"seconds": seconds, "losses": losses, "peakBytes": peak_bytes()}), flush=True)


if __name__ == "__main__":
    main()
