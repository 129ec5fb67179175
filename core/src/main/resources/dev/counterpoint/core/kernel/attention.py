# with attend
# Attention without its products: query, key and value (batch, tokens, width), mask (batch, keys), or (0) where all are
# seen, past key and value (batch, heads, past, headWidth), or (0) where nothing came before, added (heads, tokens, keys)
# to the scores, or (0)
# -> (batch, tokens, width), and all keys and values (batch, heads, keys, headWidth)

def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, past_key: Tensor, past_value: Tensor, added: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  batch = query.size(0)
  tokens = query.size(1)
  keys = self.after(past_key, self.divide(key, batch, tokens))
  values = self.after(past_value, self.divide(value, batch, tokens))
  bias: Optional[Tensor] = None
  if added.dim() == 3:
    bias = added
  mixed = self.mix(self.divide(query, batch, tokens), keys, values, mask, bias)
  return (mixed.view([batch, tokens, -1]), keys, values)
