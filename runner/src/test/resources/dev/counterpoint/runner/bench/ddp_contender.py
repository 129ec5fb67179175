"""One rank of the benchmark's encoder in PyTorch's DistributedDataParallel, over gloo.

Arguments: rank, world, and the port of rank 0. It is told what to do as pytorch_contender.py is, which lies beside it;
the batches that it is given are its share.
"""
import json
import sys

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from pytorch_contender import Training


def main():
    rank, world, port = (int(argument) for argument in sys.argv[1:])
    settings = json.loads(sys.stdin.readline())
    address = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group("gloo", init_method=address, rank=rank, world_size=world)
    training = Training(settings)
    training.model = DistributedDataParallel(training.model, **settings["distributed"])
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(training.steps(json.loads(line)["steps"])), flush=True)


if __name__ == "__main__":
    main()
