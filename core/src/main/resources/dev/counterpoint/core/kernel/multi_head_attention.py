# with attend, product
# Attention with its four products: x (batch, tokens, width), mask (batch, tokens), or (0) where all are seen -> as x
# In bfloat16 all between x and the result is, or where products are rounded, what goes into the four of them and
# comes out; each weight is cast once.

def forward(self, x: Tensor, mask: Tensor, query_weight: Tensor, query_bias: Tensor, key_weight: Tensor, key_bias: Tensor, value_weight: Tensor, value_bias: Tensor, output_weight: Tensor, output_bias: Tensor) -> Tensor:
  batch = x.size(0)
  tokens = x.size(1)
  inner = self.narrow(x).reshape([batch * tokens, -1])  # once, where each product would
  query = self.divide(self.linear(inner, query_weight, query_bias), batch, tokens)
  key = self.divide(self.linear(inner, key_weight, key_bias), batch, tokens)
  value = self.divide(self.linear(inner, value_weight, value_bias), batch, tokens)
  mixed = self.mix(query, key, value, mask, None)
  return self.linear(self.narrow(mixed), output_weight, output_bias).to(x).view(x.size())
