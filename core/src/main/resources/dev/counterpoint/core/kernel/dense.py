# torch.nn.functional.linear with the library that libtorch selects, without and with GELU
def dense(self, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
  return torch.linear(x, weight, bias)

def dense_gelu(self, x: Tensor, weight: Tensor, bias: Optional[Tensor], approximate: str) -> Tensor:
  return torch.gelu(torch.linear(x, weight, bias), approximate=approximate)
