# torch.optim.SGD

# By libtorch's fused kernel. buffers is empty without momentum. One that starts at 0 becomes the gradient at its first step.
def sgd(self, parameters: List[Tensor], gradients: List[Tensor], buffers: List[Tensor], rate: float, momentum: float, decay: float, nesterov: bool) -> NoneType:
  torch._fused_sgd_(parameters, gradients, buffers, weight_decay=decay, momentum=momentum, lr=rate, dampening=0., nesterov=nesterov, maximize=False, is_first_step=False)
  return None

# The first step of each parameter is another here: its buffer becomes the whole gradient.
def dampened(self, parameters: List[Tensor], gradients: List[Tensor], buffers: List[Tensor], steps: List[Tensor], rate: float, momentum: float, dampening: float, decay: float) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  for i in range(len(parameters)):
    gradient = gradients[i].add(parameters[i], alpha=decay)
    if float(steps[i]) == 1.:
      buffers[i].copy_(gradient)
    else:
      buffers[i].mul_(momentum).add_(gradient, alpha=1. - dampening)
    parameters[i].add_(buffers[i], alpha=-rate)
  return None
