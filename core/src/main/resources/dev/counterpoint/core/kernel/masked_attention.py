# torch.nn.functional.scaled_dot_product_attention of the keys whose mask is not 0.
# query (batch, heads, queries, width), key and value (batch, heads, keys, width), mask (batch, keys) -> as query

def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
  hidden = mask.unsqueeze(1).unsqueeze(1) == 0  # (batch, 1, 1, keys)
  if self.causal:
    queries = query.size(2)
    keys = key.size(2)
    later = torch.ones([queries, keys], dtype=11, device=query.device).triu(keys - queries + 1)
    hidden = hidden.logical_or(later)  # (batch, 1, queries, keys)
  # Finite, so that a query that sees no key gets a mean and not NaN, which would spread.
  bias = hidden.to(query) * -3e+38
  return torch.scaled_dot_product_attention(query, key, value, bias, self.dropout, False)
