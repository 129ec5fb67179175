# What is done to all gradients of a model at once.

# The p-norm of each: (gradients)
def norms(self, gradients: List[Tensor], p: float) -> Tensor:
  return torch.stack(torch._foreach_norm(gradients, p))

def add(self, gradients: List[Tensor], more: List[Tensor]) -> NoneType:
  torch._foreach_add_(gradients, more)
  return None

def scale(self, gradients: List[Tensor], factor: float) -> NoneType:
  torch._foreach_mul_(gradients, factor)
  return None

def clamp(self, gradients: List[Tensor], limit: float) -> NoneType:
  torch._foreach_clamp_min_(gradients, -limit)
  torch._foreach_clamp_max_(gradients, limit)
  return None

# 1 where an array is -0.0 in every element, else 0: ()
def untouched(self, array: Tensor) -> Tensor:
  return torch.logical_and(array == 0, array.signbit()).all().to(array)

# What is no gradient yet: -0.0 in every element.
def supply(self, arrays: List[Tensor]) -> NoneType:
  for array in arrays:
    array.fill_(-0.0)
  return None

def copy(self, arrays: List[Tensor], values: List[Tensor]) -> NoneType:
  for i in range(len(arrays)):
    arrays[i].copy_(values[i])
  return None
