# with drop
# torch.nn.functional.dropout: x (...) -> as x

def forward(self, x: Tensor) -> Tensor:
  return self.drop(x)
