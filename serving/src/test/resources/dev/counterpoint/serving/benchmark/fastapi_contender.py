"""Serves a classifier of texts with FastAPI and uvicorn, for LoadGenerator: POST /predict/sentiment {"text": "..."}.

Arguments: the model folder of a run, torch or onnx (ONNX Runtime), single or batched, port, threads. With "single" each
request is computed alone; with "batched" the requests that wait are computed together, 32 at most.
"""
import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy
import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

BATCH = 32
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return self.model(**dict(zip(INPUTS, inputs))).logits


def onnx_session(model, tokenizer, threads):
    import onnxruntime

    sample = tokenizer(["a b", "c"], padding=True, return_tensors="pt")
    axes = {name: {0: "rows", 1: "length"} for name in INPUTS} | {"logits": {0: "rows"}}
    exported = io.BytesIO()
    torch.onnx.export(Logits(model), tuple(sample[name] for name in INPUTS), exported, input_names=INPUTS,
                      output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(exported.getvalue(), options, providers=["CPUExecutionProvider"])


def predictor(folder, engine, threads):
    """Returns the labels, and a function from texts to their probabilities."""
    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    attention = "sdpa" if engine == "torch" else "eager"  # the exporter needs eager
    model = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation=attention).eval()
    session = onnx_session(model, tokenizer, threads) if engine == "onnx" else None

    @torch.inference_mode()
    def predict(texts):
        kind = "pt" if session is None else "np"
        batch = tokenizer(texts, padding=True, truncation=True, return_tensors=kind)
        if session is None:
            return torch.softmax(model(**batch).logits, -1).numpy()
        logits = session.run(None, {name: batch[name].astype(numpy.int64) for name in INPUTS})[0]
        powers = numpy.exp(logits - logits.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)

    return list(model.config.id2label.values()), predict


class Input(BaseModel):
    text: str


def main():
    folder, engine, mode, port, threads = sys.argv[1:]
    labels, predict = predictor(folder, engine, int(threads))
    pool = ThreadPoolExecutor(1)
    queue = asyncio.Queue()

    async def compute_batches():
        while True:
            batch = [await queue.get()]
            while len(batch) < BATCH and not queue.empty():
                batch.append(queue.get_nowait())
            rows = await asyncio.get_running_loop().run_in_executor(pool, predict, [text for text, _ in batch])
            for (_, answer), row in zip(batch, rows):
                answer.set_result(row)

    @asynccontextmanager
    async def lifespan(app):
        task = asyncio.create_task(compute_batches())
        yield
        task.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.post("/predict/sentiment")
    async def answer(item: Input):
        if mode == "single":
            row = predict([item.text])[0]
        else:
            waiting = asyncio.get_running_loop().create_future()
            queue.put_nowait((item.text, waiting))
            row = await waiting
        best = int(row.argmax())
        return {"text": item.text, "label": labels[best], "probability": float(row[best]),
                "probabilities": dict(zip(labels, map(float, row)))}

    uvicorn.run(app, host="127.0.0.1", port=int(port))


if __name__ == "__main__":
    main()
