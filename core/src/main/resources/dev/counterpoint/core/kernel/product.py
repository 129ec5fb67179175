# Products in the precision of the kernel. Where libtorch has no fast ones in bfloat16 it takes up to a hundred times as
# long for them as for those of float32: there they are float32's, of numbers that are rounded to bfloat16, as is what
# comes out. The backward pass keeps all that in float32.

# x (...) in that precision -> as x
def narrow(self, x: Tensor) -> Tensor:
  result = x.to(self.type)
  if self.rounded and not x.is_cuda:
    result = result.to(6)
  return result

# torch.nn.functional.linear: x (..., inputs) is narrow already, weight (outputs, inputs), bias (outputs)
# -> (..., outputs)
def linear(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if bias is None:
    result = torch.linear(x, self.narrow(weight), None)
  else:
    result = torch.linear(x, self.narrow(weight), self.narrow(bias))
  return self.narrow(result)
