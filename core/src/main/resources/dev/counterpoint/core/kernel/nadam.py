# torch.optim.NAdam

def update(self, parameters: List[Tensor], gradients: List[Tensor], averages: List[Tensor], squares: List[Tensor], products: List[Tensor], steps: List[Tensor], rate: float, beta1: float, beta2: float, epsilon: float, decay: float, decoupled: bool, momentum_decay: float) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  for i in range(len(parameters)):
    step = float(steps[i])
    if decoupled:
      parameters[i].mul_(1. - rate * decay)
      gradient = gradients[i]
    else:
      gradient = gradients[i].add(parameters[i], alpha=decay)
    mu = beta1 * (1. - 0.5 * 0.96 ** (step * momentum_decay))
    next = beta1 * (1. - 0.5 * 0.96 ** ((step + 1.) * momentum_decay))
    products[i].mul_(mu)
    product = float(products[i])
    averages[i].lerp_(gradient, 1. - beta1)
    squares[i].mul_(beta2).addcmul_(gradient, gradient, value=1. - beta2)
    deviation = squares[i].div(1. - beta2 ** step).sqrt_().add_(epsilon)
    parameters[i].addcdiv_(gradient, deviation, value=-rate * (1. - mu) / (1. - product))
    parameters[i].addcdiv_(averages[i], deviation, value=-rate * next / (1. - product * next))
  return None
