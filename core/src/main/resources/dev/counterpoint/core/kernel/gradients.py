# What is done to all gradients of a model at once.

# The p-norm of each: (gradients)
def norms(self, gradients: List[Tensor], p: float) -> Tensor:
  return torch.stack(torch._foreach_norm(gradients, p))

# The first element of each: (gradients)
def firsts(self, gradients: List[Tensor]) -> Tensor:
  found = annotate(List[Tensor], [])
  for i in range(len(gradients)):
    found.append(gradients[i].reshape([-1])[0])
  return torch.stack(found)

# 1 where a gradient is -0.0 in every element, else 0: ()
def untouched(self, gradient: Tensor) -> Tensor:
  return torch.logical_and(gradient == 0, gradient.signbit()).all().to(gradient)

def scale(self, gradients: List[Tensor], factor: float) -> NoneType:
  torch._foreach_mul_(gradients, factor)
  return None

def clamp(self, gradients: List[Tensor], limit: float) -> NoneType:
  torch._foreach_clamp_min_(gradients, -limit)
  torch._foreach_clamp_max_(gradients, limit)
  return None

def clear(self, gradients: List[Tensor]) -> NoneType:
  for i in range(len(gradients)):
    gradients[i].fill_(-0.)
  return None
