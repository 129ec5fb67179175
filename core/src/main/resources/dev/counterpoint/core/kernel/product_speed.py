# with product
# A chain of products: x (n, n), times the identity, over and over -> the sum, so that all of them are needed
def chain(self, x: Tensor, identity: Tensor, times: int) -> Tensor:
  inner = self.narrow(x)
  factor = self.narrow(identity)
  for i in range(times):
    inner = self.narrow(torch.mm(inner, factor))
  return inner.sum().to(6)
