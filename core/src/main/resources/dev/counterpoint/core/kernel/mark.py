# The same array, as a node of its own in the graph, if it is part of one.

def forward(self, x: Tensor) -> Tensor:
  if ops.prim.requires_grad(x):
    y = torch.alias(x)
  else:
    y = x
  return y
