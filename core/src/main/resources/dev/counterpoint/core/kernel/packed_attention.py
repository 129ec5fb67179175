# with attend, product
# Attention with its products, where query, key and value come from one: x (batch, tokens, width),
# mask (batch, keys), or (0) where all are seen, past key and value (batch, heads, past, headWidth), or (0) where
# nothing came before, input weight (3 * width, width) and bias, output weight (width, width) and bias
# -> as x, and all keys and values (batch, heads, keys, headWidth)
# In bfloat16 all between x and the result is, or where products are rounded, what goes into the two with weights and
# comes out; each weight is cast once.

def forward(self, x: Tensor, mask: Tensor, past_key: Tensor, past_value: Tensor, input_weight: Tensor, input_bias: Tensor, output_weight: Tensor, output_bias: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  batch = x.size(0)
  tokens = x.size(1)
  width = x.size(2)
  inner = self.narrow(x).reshape([batch * tokens, width])
  parts = torch.split(self.linear(inner, input_weight, input_bias), width, 1)
  key = self.after(past_key, self.divide(parts[1], batch, tokens))
  value = self.after(past_value, self.divide(parts[2], batch, tokens))
  mixed = self.mix(self.divide(parts[0], batch, tokens), key, value, mask, None)
  result = self.linear(self.narrow(mixed), output_weight, output_bias).to(x).view(x.size())
  return (result, key, value)
