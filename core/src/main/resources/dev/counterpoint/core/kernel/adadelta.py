# torch.optim.Adadelta

def update(self, parameters: List[Tensor], gradients: List[Tensor], squares: List[Tensor], deltas: List[Tensor], rate: float, rho: float, epsilon: float, decay: float) -> NoneType:
  for i in range(len(parameters)):
    gradient = gradients[i].add(parameters[i], alpha=decay)
    squares[i].mul_(rho).addcmul_(gradient, gradient, value=1. - rho)
    deviation = squares[i].add(epsilon).sqrt_()
    delta = deltas[i].add(epsilon).sqrt_().div_(deviation).mul_(gradient)
    deltas[i].mul_(rho).addcmul_(delta, delta, value=1. - rho)
    parameters[i].add_(delta, alpha=-rate)
  return None
