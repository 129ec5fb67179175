# torch.optim.Adam and AdamW, by libtorch's fused kernels. largest is empty unless amsgrad is asked for.

def adam(self, parameters: List[Tensor], gradients: List[Tensor], averages: List[Tensor], squares: List[Tensor], largest: List[Tensor], steps: List[Tensor], rate: float, beta1: float, beta2: float, decay: float, epsilon: float, amsgrad: bool) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  torch._fused_adam_(parameters, gradients, averages, squares, largest, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=epsilon, amsgrad=amsgrad, maximize=False)
  return None

def adamw(self, parameters: List[Tensor], gradients: List[Tensor], averages: List[Tensor], squares: List[Tensor], largest: List[Tensor], steps: List[Tensor], rate: float, beta1: float, beta2: float, decay: float, epsilon: float, amsgrad: bool) -> NoneType:
  torch._foreach_add_(steps, torch.ones_like(steps[0]))
  torch._fused_adamw_(parameters, gradients, averages, squares, largest, steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=epsilon, amsgrad=amsgrad, maximize=False)
  return None
