# Whether an array came from what gets gradients: () with 1 or 0.

def recorded(self, x: Tensor) -> Tensor:
  return torch.full([1], float(ops.prim.requires_grad(x)))

def forward(self, x: Tensor) -> Tensor:
  return x
