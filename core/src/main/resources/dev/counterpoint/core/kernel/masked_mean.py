# The mean of the vectors whose mask is 1: x (batch, tokens, width), mask (batch, tokens) -> (batch, width)

def forward(self, x: Tensor, mask: Tensor) -> Tensor:
  counted = mask.unsqueeze(2)  # (batch, tokens, 1)
  return torch.sum(x * counted, [1]) / torch.sum(counted, [1])
