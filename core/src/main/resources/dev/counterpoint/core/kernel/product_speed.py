# A chain of products: x (n, n), times the identity, over and over -> the sum, so that all of them are needed
def chain(self, x: Tensor, identity: Tensor, type: int, times: int) -> Tensor:
  inner = x.to(type)
  factor = identity.to(type)
  for i in range(times):
    inner = torch.mm(inner, factor)
  return inner.sum().to(6)
