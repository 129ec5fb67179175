# What is done to all gradients of a model at once.

# The p-norm of each: (gradients)
def norms(self, gradients: List[Tensor], p: float) -> Tensor:
  return torch.stack(torch._foreach_norm(gradients, p))

# The first element of each: (gradients)
def firsts(self, gradients: List[Tensor]) -> Tensor:
  found = annotate(List[Tensor], [])
  for i in range(torch.len(gradients)):
    _0 = torch.append(found, torch.select(torch.reshape(gradients[i], [-1]), 0, 0))
  return torch.stack(found)

# 1 where a gradient is -0.0 in every element, else 0: ()
def untouched(self, gradient: Tensor) -> Tensor:
  negative_zero = torch.logical_and(torch.eq(gradient, 0), torch.signbit(gradient))
  return torch.to(torch.all(negative_zero), 6)

def scale(self, gradients: List[Tensor], factor: float) -> NoneType:
  torch._foreach_mul_(gradients, factor)
  return None

def clamp(self, gradients: List[Tensor], limit: float) -> NoneType:
  torch._foreach_clamp_min_(gradients, torch.neg(limit))
  torch._foreach_clamp_max_(gradients, limit)
  return None

def clear(self, gradients: List[Tensor]) -> NoneType:
  for i in range(torch.len(gradients)):
    torch.fill_(gradients[i], torch.neg(0.))
  return None
