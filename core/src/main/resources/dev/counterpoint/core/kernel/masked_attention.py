# torch.nn.functional.scaled_dot_product_attention of the keys whose mask is not 0.
# query (batch, heads, queries, width), key and value (batch, heads, keys, width), mask (batch, keys) -> as query

def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
  queries = torch.size(query, 2)
  keys = torch.size(key, 2)
  hidden = torch.eq(torch.unsqueeze(torch.unsqueeze(mask, 1), 1), 0)
  if self.causal:
    ones = torch.ones([queries, keys], dtype=11, device=ops.prim.device(query))
    later = torch.triu(ones, torch.add(torch.sub(keys, queries), 1))
    hidden = torch.logical_or(hidden, later)
  # Finite, so that a query that sees no key gets a mean and not NaN, which would spread.
  bias = torch.mul(torch.to(hidden, query), -3e+38)
  return torch.scaled_dot_product_attention(query, key, value, bias, self.dropout, False)
