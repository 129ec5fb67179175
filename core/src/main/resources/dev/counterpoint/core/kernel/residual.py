# with kept
# x and a part of a block that is added to it, each number of which training drops: x (...), part as x -> as x

def forward(self, x: Tensor, part: Tensor) -> Tensor:
  if self.dropout > 0.:
    result = torch.addcmul(x, part, self.kept(part), value=self.scale())
  else:
    result = torch.add(x, part)
  return result
