# The gradients of a scalar () by those of the parameters that it depends on, and the places of these.

def gradients(self, scalar: Tensor, parameters: List[Tensor]) -> Tuple[List[Tensor], List[int]]:
  found = torch.grad([scalar], parameters, None, False, False, True)
  gradients = annotate(List[Tensor], [])
  places = annotate(List[int], [])
  for i in range(len(found)):
    gradient = found[i]
    if gradient is not None:
      # Two parameters that were added to each other get one array; whoever changes it first then copies it.
      gradients.append(torch._lazy_clone(gradient.contiguous()))
      places.append(i)
  return (gradients, places)

def forward(self, x: Tensor) -> Tensor:
  return x
