# torch.optim.RAdam

def update(self, parameters: List[Tensor], gradients: List[Tensor], averages: List[Tensor], squares: List[Tensor], steps: List[Tensor], rate: float, beta1: float, beta2: float, epsilon: float, decay: float, decoupled: bool) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  limit = 2. / (1. - beta2) - 1.
  for i in range(len(parameters)):
    step = float(steps[i])
    if decoupled:
      parameters[i].mul_(1. - rate * decay)
      gradient = gradients[i]
    else:
      gradient = gradients[i].add(parameters[i], alpha=decay)
    averages[i].lerp_(gradient, 1. - beta1)
    squares[i].mul_(beta2).addcmul_(gradient, gradient, value=1. - beta2)
    corrected = averages[i].div(1. - beta1 ** step)
    correction = 1. - beta2 ** step
    length = limit - 2. * step * beta2 ** step / correction
    if length > 5.:
      rectified = ((length - 4.) * (length - 2.) * limit / ((limit - 4.) * (limit - 2.) * length)) ** 0.5
      parameters[i].addcdiv_(corrected, squares[i].sqrt().add_(epsilon), value=-rate * rectified * correction ** 0.5)
    else:
      parameters[i].add_(corrected, alpha=-rate)
  return None
