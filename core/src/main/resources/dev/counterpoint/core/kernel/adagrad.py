# torch.optim.Adagrad

def update(self, parameters: List[Tensor], gradients: List[Tensor], sums: List[Tensor], steps: List[Tensor], rate: float, rate_decay: float, epsilon: float, decay: float) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  for i in range(len(parameters)):
    gradient = gradients[i].add(parameters[i], alpha=decay)
    decayed = rate / (1. + (float(steps[i]) - 1.) * rate_decay)
    sums[i].addcmul_(gradient, gradient)
    parameters[i].addcdiv_(gradient, sums[i].sqrt().add_(epsilon), value=-decayed)
  return None
