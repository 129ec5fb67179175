def forward(self, x: Tensor) -> Tensor:
  return torch.no_such_operator(x)
