# torch.nn.functional.linear with oneDNN, without and with GELU. libtorch uses MKL for float32, which has no AVX-512
# for processors of AMD: oneDNN takes half the time. Its operator has no gradients, and a call costs more, so
# small products, of fewer than 2^23 multiplications, stay with MKL.
def dense(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  if self.worth(x, weight):
    result = ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), "")
  else:
    result = torch.linear(x, weight, bias)
  return result

def dense_gelu(self, x: Tensor, weight: Tensor, bias: Optional[Tensor], approximate: str) -> Tensor:
  if self.worth(x, weight):
    result = ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", annotate(List[Optional[number]], []), approximate)
  else:
    result = torch.gelu(torch.linear(x, weight, bias), approximate=approximate)
  return result

def worth(self, x: Tensor, weight: Tensor) -> bool:
  result = weight.is_mkldnn  # packed
  if not result and x.dtype == 6 and not x.is_cuda and not torch.is_grad_enabled():
    result = x.numel() * weight.size(0) >= 8388608
  return result
