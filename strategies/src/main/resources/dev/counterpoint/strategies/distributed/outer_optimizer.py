# The outer step of local training, on all parameters as one array.

# What the values have come down by since the round's begin, times a factor: in place of the values.
def change(self, values: Tensor, begin: Tensor, factor: float) -> NoneType:
  values.neg_().add_(begin).mul_(factor)
  return None

# torch.optim.SGD with nesterov=True; its first step is that of a buffer of zeros.
def step(self, values: Tensor, buffer: Tensor, gradient: Tensor, rate: float, momentum: float) -> NoneType:
  buffer.mul_(momentum).add_(gradient)
  values.add_(gradient, alpha=-rate).add_(buffer, alpha=-rate * momentum)
  return None
