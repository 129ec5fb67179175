# The gradient of a scalar () by each parameter; an empty array (0) where it does not depend on one.

def forward(self, scalar: Tensor, parameters: List[Tensor]) -> List[Tensor]:
  found = torch.grad([scalar], parameters, None, False, False, True)
  gradients = annotate(List[Tensor], [])
  for i in range(len(found)):
    gradient = found[i]
    if gradient is None:
      gradients.append(torch.empty([0]))
    else:
      # Two parameters that were added to each other get one array; whoever changes it first then copies it.
      gradients.append(torch._lazy_clone(gradient.contiguous()))
  return gradients
