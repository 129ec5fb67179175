# with attend

def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
  return self.attend(query, key, value, mask)
