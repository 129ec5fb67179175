# torch.nn.functional.gelu

def forward(self, x: Tensor) -> Tensor:
  return torch.gelu(x, approximate=self.approximate)
