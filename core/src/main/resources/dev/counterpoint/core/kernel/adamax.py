# torch.optim.Adamax

def update(self, parameters: List[Tensor], gradients: List[Tensor], averages: List[Tensor], largest: List[Tensor], steps: List[Tensor], rate: float, beta1: float, beta2: float, epsilon: float, decay: float) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  for i in range(len(parameters)):
    gradient = gradients[i].add(parameters[i], alpha=decay)
    averages[i].lerp_(gradient, 1. - beta1)
    largest[i].copy_(torch.maximum(largest[i].mul(beta2), gradient.abs().add_(epsilon)))
    corrected = rate / (1. - beta1 ** float(steps[i]))
    parameters[i].addcdiv_(averages[i], largest[i], value=-corrected)
  return None
