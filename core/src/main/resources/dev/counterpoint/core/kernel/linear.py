# torch.nn.functional.linear: x (..., inputs), weight (outputs, inputs), bias (outputs) -> (..., outputs)

def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
  inner = x.to(self.type)
  return torch.linear(inner, weight.to(inner), bias.to(inner)).to(x)
