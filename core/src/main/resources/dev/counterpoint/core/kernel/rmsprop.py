# torch.optim.RMSprop. means is empty unless centered, buffers without momentum.

def update(self, parameters: List[Tensor], gradients: List[Tensor], squares: List[Tensor], means: List[Tensor], buffers: List[Tensor], rate: float, alpha: float, epsilon: float, decay: float, momentum: float, centered: bool) -> NoneType:
  for i in range(len(parameters)):
    gradient = gradients[i].add(parameters[i], alpha=decay)
    squares[i].mul_(alpha).addcmul_(gradient, gradient, value=1. - alpha)
    if centered:
      means[i].lerp_(gradient, 1. - alpha)
      deviation = squares[i].addcmul(means[i], means[i], value=-1.).sqrt_().add_(epsilon)
    else:
      deviation = squares[i].sqrt().add_(epsilon)
    if momentum > 0.:
      buffers[i].mul_(momentum).addcdiv_(gradient, deviation)
      parameters[i].add_(buffers[i], alpha=-rate)
    else:
      parameters[i].addcdiv_(gradient, deviation, value=-rate)
  return None
