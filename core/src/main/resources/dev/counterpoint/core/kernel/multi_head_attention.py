# with attend, product
# Attention with its four products: x (batch, tokens, width), mask (batch, tokens), or (0) where all are seen -> as x
# In bfloat16 all between x and the result is, or where products are rounded, what goes into the four of them and
# comes out; each weight is cast once.

def forward(self, x: Tensor, mask: Tensor, query_weight: Tensor, query_bias: Tensor, key_weight: Tensor, key_bias: Tensor, value_weight: Tensor, value_bias: Tensor, output_weight: Tensor, output_bias: Tensor) -> Tensor:
  batch = x.size(0)
  tokens = x.size(1)
  inner = self.narrow(x).reshape([batch * tokens, -1])  # once, where each product would
  query = self.project(inner, batch, tokens, query_weight, query_bias)
  key = self.project(inner, batch, tokens, key_weight, key_bias)
  value = self.project(inner, batch, tokens, value_weight, value_bias)
  mixed = self.attend(query, key, value, self.given(mask)).transpose(1, 2).reshape([batch * tokens, -1])
  return self.linear(self.narrow(mixed), output_weight, output_bias).to(x).view(x.size())

# (batch * tokens, width) -> (batch, heads, tokens, headWidth)
def project(self, x: Tensor, batch: int, tokens: int, weight: Tensor, bias: Tensor) -> Tensor:
  return self.linear(x, weight, bias).view([batch, tokens, self.heads, -1]).transpose(1, 2)
