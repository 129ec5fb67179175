# with {dense}
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
  return self.narrow(self.dense(x, self.narrow(weight), self.narrowed(bias)))

# The same, then GELU with the approximation "none" or "tanh".
def linear_gelu(self, x: Tensor, weight: Tensor, bias: Optional[Tensor], approximate: str) -> Tensor:
  if self.rounded:
    result = torch.gelu(self.linear(x, weight, bias), approximate=approximate)
  else:
    result = self.dense_gelu(x, self.narrow(weight), self.narrowed(bias), approximate)
  return result

def narrowed(self, bias: Optional[Tensor]) -> Optional[Tensor]:
  result: Optional[Tensor] = None
  if bias is not None:
    result = self.narrow(bias)
  return result
