# with product
# Two linear layers with an activation between: x (..., width) -> (..., width)
# up_weight (hidden, width), up_bias (hidden), down_weight (width, hidden), down_bias (width)
# In bfloat16 all between x and the result is.

def forward(self, x: Tensor, up_weight: Tensor, up_bias: Tensor, down_weight: Tensor, down_bias: Tensor) -> Tensor:
  inner = self.narrow(x).reshape([-1, x.size(-1)])  # once, where each product would
  hidden = self.narrow(self.activated(inner, up_weight, up_bias))
  return self.linear(hidden, down_weight, down_bias).to(x).view(x.size())

def activated(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
  if self.activation == "gelu":
    result = self.linear_gelu(x, weight, bias, "none")
  elif self.activation == "gelu_tanh":
    result = self.linear_gelu(x, weight, bias, "tanh")
  else:
    result = self.activate(self.linear(x, weight, bias))
  return result

def activate(self, x: Tensor) -> Tensor:
  if self.activation == "relu":
    result = torch.relu(x)
  elif self.activation == "silu":
    result = torch.silu(x)
  elif self.activation == "tanh":
    result = torch.tanh(x)
  else:
    result = torch.sigmoid(x)
  return result
