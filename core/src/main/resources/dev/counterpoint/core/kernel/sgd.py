# torch.optim.SGD, by libtorch's fused kernel.

# buffers is empty without momentum. One that starts at 0 becomes the gradient at its first step.
def sgd(self, parameters: List[Tensor], gradients: List[Tensor], buffers: List[Tensor], rate: float, momentum: float, decay: float, nesterov: bool) -> NoneType:
  torch._fused_sgd_(parameters, gradients, buffers, weight_decay=decay, momentum=momentum, lr=rate, dampening=0., nesterov=nesterov, maximize=False, is_first_step=False)
  return None

# The first step of each parameter is another here: its buffer becomes the whole gradient.
# (Lists made here must not be given to a fused kernel: libtorch takes such a call for dead code.)
def dampened(self, parameters: List[Tensor], gradients: List[Tensor], buffers: List[Tensor], steps: List[Tensor], rate: float, momentum: float, dampening: float, decay: float) -> NoneType:
  torch._foreach_add_(steps, 1)
  for i in range(torch.len(steps)):
    gradient = torch.add(gradients[i], parameters[i], alpha=decay)
    if torch.eq(float(steps[i]), 1.):
      torch.copy_(buffers[i], gradient)
    else:
      torch.add_(torch.mul_(buffers[i], momentum), gradient, alpha=torch.sub(1., dampening))
    torch.add_(parameters[i], buffers[i], alpha=torch.neg(rate))
  return None
