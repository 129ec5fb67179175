# with drop
# x and a part of a block that is added to it, each number of which training drops: x (...), part as x -> as x

def forward(self, x: Tensor, part: Tensor) -> Tensor:
  if self.dropout > 0.:
    added = self.drop(part)
  else:
    added = part
  return torch.add(x, added)
