# Rotates pairs of neighboring features: x (batch, tokens, width), angles (tokens, pairs) -> as x

def forward(self, x: Tensor, angles: Tensor) -> Tensor:
  parts = x.view([x.size(0), x.size(1), -1, angles.size(1), 2])  # (batch, tokens, heads, pairs, 2)
  cos = torch.cos(angles).unsqueeze(1)  # (tokens, 1, pairs)
  sin = torch.sin(angles).unsqueeze(1)
  first = torch.select(parts, 4, 0)
  second = torch.select(parts, 4, 1)
  return torch.stack([first * cos - second * sin, second * cos + first * sin], 4).view(x.size())
