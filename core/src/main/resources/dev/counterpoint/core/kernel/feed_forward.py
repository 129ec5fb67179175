# with product
# Two linear layers with an activation between: x (..., width) -> (..., width)
# up_weight (hidden, width), up_bias (hidden), down_weight (width, hidden), down_bias (width)
# In bfloat16 all between x and the result is.

def forward(self, x: Tensor, up_weight: Tensor, up_bias: Tensor, down_weight: Tensor, down_bias: Tensor) -> Tensor:
  inner = self.narrow(x).reshape([-1, x.size(-1)])  # once, where each product would
  hidden = self.narrow(self.activate(self.linear(inner, up_weight, up_bias)))
  return self.linear(hidden, down_weight, down_bias).to(x).view(x.size())

def activate(self, x: Tensor) -> Tensor:
  if self.activation == "gelu":
    result = torch.gelu(x, approximate="none")
  elif self.activation == "gelu_tanh":
    result = torch.gelu(x, approximate="tanh")
  elif self.activation == "relu":
    result = torch.relu(x)
  elif self.activation == "silu":
    result = torch.silu(x)
  elif self.activation == "tanh":
    result = torch.tanh(x)
  else:
    result = torch.sigmoid(x)
  return result
