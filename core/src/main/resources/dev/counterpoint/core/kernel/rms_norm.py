# torch.nn.functional.rms_norm over the last dimension: x (..., width), weight (width) -> as x

def forward(self, x: Tensor, weight: Tensor) -> Tensor:
  return torch.rms_norm(x, weight.size(), weight, self.epsilon)
