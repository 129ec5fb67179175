# Every constant as a number: (4), float64
def forward(self, like: Tensor) -> Tensor:
  return torch.tensor([self.rate, float(self.count), float(self.on), float(torch.len(self.word))], dtype=7)
