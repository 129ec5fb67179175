"""The benchmark's models and their steps in PyTorch: eager, fused AdamW, generation with a key-value cache.

Reads one JSON object a line and answers each with one: first the settings, then {"steps": N} for N more steps.
BERT and GPT-2 are written as Hugging Face's are, with scaled_dot_product_attention.
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


class BertLayer(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=1e-12)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.heads = heads

    def forward(self, x, mask):
        q, k, v = (self.split(part(x)) for part in (self.query, self.key, self.value))
        dropped = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=dropped)
        mixed = self.output(mixed.transpose(1, 2).reshape(x.shape))
        x = self.attention_norm(self.dropout(mixed) + x)
        return self.norm(self.dropout(self.down(F.gelu(self.up(x)))) + x)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)


class Bert(nn.Module):
    def __init__(self, width, layers, heads, vocabulary, classes, dropout=0.1):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width, padding_idx=0)
        self.positions = nn.Embedding(512, width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList(BertLayer(width, heads, dropout) for _ in range(layers))
        self.pooler = nn.Linear(width, width)
        self.classifier = nn.Linear(width, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids, mask):
        seen = (mask != 0)[:, None, None, :]  # (batch, 1, 1, tokens)
        places = torch.arange(ids.size(1))
        x = self.tokens(ids) + self.types(torch.zeros_like(ids)) + self.positions(places)
        x = self.dropout(self.norm(x))
        for layer in self.layers:
            x = layer(x, seen)
        return self.classifier(self.dropout(torch.tanh(self.pooler(x[:, 0]))))


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        flat = x.view(-1, x.size(-1))
        return torch.addmm(self.bias, flat, self.weight).view(*x.shape[:-1], -1)


class Gpt2Layer(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Conv1D(width, 3 * width)
        self.output = Conv1D(width, width)
        self.norm = nn.LayerNorm(width)
        self.up = Conv1D(width, 4 * width)
        self.down = Conv1D(4 * width, width)
        self.dropout = nn.Dropout(dropout)
        self.heads = heads

    def forward(self, x, past):
        parts = self.attention(self.attention_norm(x)).split(x.size(2), dim=2)
        q, k, v = (part.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2) for part in parts)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        dropped = self.dropout.p if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=dropped, is_causal=past is None)
        x = x + self.dropout(self.output(mixed.transpose(1, 2).reshape(x.shape)))
        fed = self.down(F.gelu(self.up(self.norm(x)), approximate="tanh"))
        return x + self.dropout(fed), (k, v)


class Gpt2(nn.Module):
    def __init__(self, width, layers, heads, vocabulary, dropout=0.1):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(1024, width)
        self.layers = nn.ModuleList(Gpt2Layer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def hidden(self, ids, past):
        begin = 0 if past is None else past[0][0].size(2)
        places = torch.arange(begin, begin + ids.size(1))
        x = self.dropout(self.tokens(ids) + self.positions(places))
        present = []
        for i, layer in enumerate(self.layers):
            x, pair = layer(x, None if past is None else past[i])
            present.append(pair)
        return self.norm(x), present

    def forward(self, ids, mask):
        x, _ = self.hidden(ids, None)
        return F.linear(x, self.tokens.weight)

    def read(self, ids, past):
        x, present = self.hidden(ids, past)
        return F.linear(x[:, -1], self.tokens.weight), present


def model(settings):
    width, layers, heads, tokens, vocabulary, classes = (
        settings[key] for key in ("width", "layers", "heads", "tokens", "vocabulary", "classes"))
    if settings["family"] == "encoder":
        return Encoder(width, layers, heads, tokens, vocabulary, classes)
    if settings["family"] == "bert":
        built = Bert(width, layers, heads, vocabulary, classes)
    else:
        built = Gpt2(width, layers, heads, vocabulary)
    for parameter in built.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.02)
    return built


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
        self.model = model(settings)
        if "weights" in settings:
            self.model.load_state_dict(read_safetensors(settings["weights"]))
        elif settings["family"] == "encoder":
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
        found = {name: torch.tensor(it["values"]).view(it["shape"]) for name, it in arrays.items()}
        return found["ids"], found.get("mask"), found["labels"]

    def steps(self, count):
        seconds, losses = [], []
        for _ in range(count):
            begin = time.perf_counter()
            losses.append(self.step())
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds, "losses": losses}

    def step(self):
        ids, mask, labels = self.batches[self.done % len(self.batches)]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            logits = self.model(ids, mask)
            loss = F.cross_entropy(logits.float().view(-1, logits.size(-1)), labels.view(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.done += 1
        return loss.item()


class Generation:
    def __init__(self, settings):
        torch.set_num_threads(settings["threads"])
        torch.manual_seed(1)
        self.model = model(settings).eval()
        self.bfloat16 = settings["precision"] == "bfloat16"
        self.prompt = Training.batch(settings["batches"][0])[0]

    def steps(self, count):
        seconds, ids, past = [], self.prompt, None
        begin = time.perf_counter()
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            for _ in range(count):
                logits, past = self.model.read(ids, past)
                ids = logits.argmax(1, keepdim=True)
                ids.tolist()
                now = time.perf_counter()
                seconds.append(now - begin)
                begin = now
        return {"seconds": seconds}


def main():
    settings = json.loads(sys.stdin.readline())
    work = Generation(settings) if settings["generates"] else Training(settings)
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        print(json.dumps({**work.steps(json.loads(line)["steps"]), "peakBytes": peak_bytes()}), flush=True)


if __name__ == "__main__":
    main()
