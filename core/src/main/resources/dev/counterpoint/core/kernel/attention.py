# with attend

def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
  return self.attend(query, key, value, None)
